// How long to wait before what has ended by itself is started again: doubled each time, and short again once it has run
// for a while.

const FIRST_PAUSE_MS = 100;
/** The longest of the pauses, in milliseconds. */
export const MOST_PAUSE_MS = 30_000;

/**
 * Short, so that a message now and then that ends its thread does not hold up those in between, which do no harm; what
 * fails sooner each time is started ever more seldom.
 */
const STABLE_AFTER_MS = 10_000;

export class RestartPauses {
  #nextMs = FIRST_PAUSE_MS;
  #runsSinceMs: number | undefined;

  /** It is being started. */
  begins(): void {
    this.#runsSinceMs = undefined;
  }

  /** It runs: all that it opens is open. */
  runs(): void {
    this.#runsSinceMs = performance.now();
  }

  /** It has ended. @returns The pause before it is started again, in milliseconds. */
  ended(): number {
    const isStable = this.#runsSinceMs !== undefined && performance.now() - this.#runsSinceMs > STABLE_AFTER_MS;
    const pauseMs = isStable ? FIRST_PAUSE_MS : this.#nextMs;
    this.#nextMs = Math.min(2 * pauseMs, MOST_PAUSE_MS);
    return pauseMs;
  }
}
