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

/** How long what is under way may still take when a signal has come, in milliseconds. */
const GRACE_MS = 2_000;

/**
 * Waits for what is under way, and no longer than two seconds more once the command is to end.
 *
 * @returns Whether `work` is done; what it throws by then is thrown.
 */
export async function doneInTime(work: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let begin = () => {};
  const late = new Promise<false>((resolve) => {
    begin = () => {
      timer = setTimeout(resolve, GRACE_MS, false);
    };
  });
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    signal.removeEventListener('abort', begin);
    clearTimeout(timer);
  }
}

/** The exit code of a command that a signal ended before it was done, as shells have it. */
export function signalExitCode(signal: NodeJS.Signals): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  return 128 + (numbers[signal] ?? 0);
}
