// Says in the log what happens over and over: the first few times, then a few times in a while with how often it
// happened in between.
import type { Logger } from '../../consumer-context.js';
import { TokenBucket } from '../../telemetry/token-bucket.js';

export interface Sampling {
  /** Lines that may be written at once; … */
  readonly atOnce: number;
  /** … and then each second. */
  readonly perSecond: number;
}

export class SampledLog {
  readonly #log: Logger;
  readonly #bucket: TokenBucket;
  #unsaid = 0;

  constructor(log: Logger, { atOnce, perSecond }: Sampling) {
    this.#log = log;
    this.#bucket = new TokenBucket(perSecond, atOnce, performance.now());
  }

  /**
   * Writes a line of level `warn`, or counts it.
   *
   * @param line Asked for only where it is written, as `fields` is.
   */
  warn(line: () => string, fields?: () => Record<string, unknown>): void {
    const now = performance.now();
    if (!this.#bucket.take(now)) {
      this.#unsaid++;
      return;
    }
    // Who reads the last one before a silence is to know that it may not be the last of its kind.
    const text = this.#bucket.has(now) ? line() : `${line()} (more like it are counted for now, not written)`;
    this.#log.warn(text, {
      ...fields?.(),
      ...(this.#unsaid === 0 ? {} : { 'more since the last such line': this.#unsaid }),
    });
    this.#unsaid = 0;
  }
}
