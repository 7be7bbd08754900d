// How fast a counter grows, smoothed, and how long a backlog takes at that pace. Pure arithmetic on samples that
// the caller takes when it likes: no timers and no clock of its own.

/** Over how long a {@link Rate} smooths unless told otherwise, in milliseconds. */
const RATE_TIME_CONSTANT_MS = 10_000;

/**
 * The growth of a cumulative counter per second, as an exponentially weighted moving average for samples at
 * uneven distances: what happened one time constant ago weighs 1/e of what happens now.
 *
 * The average is divided by the weight gathered so far, so that the first seconds are not dragged towards 0: a
 * steady counter shows its true rate from the second sample on.
 */
export class Rate {
  readonly #timeConstantMs: number;
  #total = 0;
  #atMs: number | undefined;
  #weighted = 0;
  #weight = 0;

  /** @param timeConstantMs Over how long to smooth, in milliseconds; 10 s by default. */
  constructor(timeConstantMs: number = RATE_TIME_CONSTANT_MS) {
    this.#timeConstantMs = timeConstantMs;
  }

  /**
   * Takes the counter's value at a moment. The first sample is the baseline; one that is not later than the last
   * is left out; a counter that went back (a recount after a crash) counts as standing still.
   *
   * @param total The counter's value.
   * @param atMs A monotonic clock, in milliseconds.
   */
  sample(total: number, atMs: number): void {
    if (this.#atMs !== undefined) {
      const elapsedMs = atMs - this.#atMs;
      if (elapsedMs <= 0) return;
      const perSecond = (Math.max(0, total - this.#total) / elapsedMs) * 1000;
      const newWeight = -Math.expm1(-elapsedMs / this.#timeConstantMs);
      this.#weighted += newWeight * (perSecond - this.#weighted);
      this.#weight += newWeight * (1 - this.#weight);
    }
    this.#total = total;
    this.#atMs = atMs;
  }

  /** The smoothed rate; 0 before the second sample. */
  get perSecond(): number {
    return this.#weight === 0 ? 0 : this.#weighted / this.#weight;
  }
}

/**
 * How long until a backlog is gone if both rates stay as they are, in seconds.
 *
 * @returns 0 with no backlog, Infinity when it is not catching up.
 */
export function catchUpSeconds(backlog: number, arrivalsPerSecond: number, settledPerSecond: number): number {
  if (backlog <= 0) return 0;
  const gainPerSecond = settledPerSecond - arrivalsPerSecond;
  return gainPerSecond > 0 ? backlog / gainPerSecond : Number.POSITIVE_INFINITY;
}
