// A rate limit that allows short bursts: tokens drip in at a steady rate up to a cap, and each thing done takes one.

export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #atMs: number;

  /**
   * @param perSecond Tokens that come in each second.
   * @param capacity The most that gather, and what it starts with.
   * @param nowMs A monotonic clock, in milliseconds; the same one is handed to {@link take}.
   */
  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#atMs = nowMs;
  }

  /** Takes one token if there is a whole one. */
  take(nowMs: number): boolean {
    if (!this.has(nowMs)) return false;
    this.#tokens--;
    return true;
  }

  /** Whether {@link take} would succeed. */
  has(nowMs: number): boolean {
    const gained = ((nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + Math.max(0, gained));
    this.#atMs = nowMs;
    return this.#tokens >= 1;
  }
}
