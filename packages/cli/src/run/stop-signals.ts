// The signals that ask a hub to stop, and what is one wish among them.

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export type StopSignal = (typeof STOP_SIGNALS)[number];

export const isStopSignal = (signal: string | null): signal is StopSignal =>
  STOP_SIGNALS.includes(signal as StopSignal);

/**
 * Ctrl-C under `npm start` arrives twice, from the terminal and from npm, which passes it on: the same signal again
 * within so many milliseconds is the same wish.
 */
const ECHO_MS = 200;

/**
 * Calls back for each wish to stop from now on, until the process is gone.
 *
 * @param onWish Its second argument says whether it is not the first one.
 */
export function onStopWish(onWish: (signal: StopSignal, again: boolean) => void): void {
  let first: { readonly signal: StopSignal; readonly atMs: number } | undefined;
  const take = (signal: StopSignal): void => {
    const atMs = performance.now();
    if (first === undefined) {
      first = { signal, atMs };
      onWish(signal, false);
    } else if (signal !== first.signal || atMs - first.atMs > ECHO_MS) {
      onWish(signal, true);
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, () => take(signal));
}

/** Calls back at the first stop signal alone, in a hub whose supervisor counts them: no later one ends the process. */
export function onFirstStopSignal(onSignal: (signal: StopSignal) => void): void {
  let came = false;
  const take = (signal: StopSignal): void => {
    if (!came) onSignal(signal);
    came = true;
  };
  for (const signal of STOP_SIGNALS) process.on(signal, () => take(signal));
}
