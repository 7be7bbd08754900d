// How a command that goes on is ended from outside: by Ctrl-C, by another signal that asks for an end, or because
// whoever read what it prints has seen enough.

/** What ended it: a signal, or the error of a write to standard output. */
export type Interruption = NodeJS.Signals | NodeJS.ErrnoException;

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Aborts when the command is to end, its `reason` an {@link Interruption}. A second signal ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const abort = (reason: Interruption) => controller.abort(reason);
  for (const signal of SIGNALS) process.once(signal, abort);
  // Not only once: each write that was under way fails in its turn.
  process.stdout.on('error', abort);
  return controller.signal;
}

/** The exit code of a command that a signal ended before it was done, as shells have it. */
export function signalExitCode(signal: NodeJS.Signals): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  return 128 + (numbers[signal] ?? 0);
}
