// Says in the log what happens over and over, a few times in a while, and how often it happened in between.
import type { Logger } from '../../consumer.js';
import { TokenBucket } from '../../telemetry/token-bucket.js';

/** Lines that may be written at once, and then each second. */
const AT_ONCE = 5;
const PER_SECOND = 0.2;

export class SampledLog {
  readonly #log: Logger;
  readonly #bucket = new TokenBucket(PER_SECOND, AT_ONCE, performance.now());
  #unsaid = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Writes a line of level `warn`, or counts it. */
  warn(line: () => string): void {
    if (!this.#bucket.take(performance.now())) {
      this.#unsaid++;
      return;
    }
    this.#log.warn(line(), this.#unsaid === 0 ? undefined : { 'more since the last such line': this.#unsaid });
    this.#unsaid = 0;
  }
}
