// A throw is never an acknowledgement: the message is delivered again, after pauses that grow to a bound.
import { toErrorData } from '../../errors.js';

const FIRST_DELAY_MS = 100;
const MOST_DELAY_MS = 30_000;

/**
 * How long to wait before the next delivery.
 *
 * @param attempt How many have failed.
 * @returns Milliseconds: 100, doubled for each failure up to 30 s, less up to a fifth at random, so that consumers
 *   that failed together do not come back together.
 */
export function retryDelayMs(attempt: number): number {
  const full = Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 16), MOST_DELAY_MS);
  return Math.round(full * (1 - Math.random() / 5));
}

/** Pauses before retries; only a stop ends them early. */
export class Pauses {
  readonly #sleepers = new Set<() => void>();

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#sleepers.add(wake);
    });
  }

  /** Ends all that are under way. */
  end(): void {
    for (const wake of this.#sleepers) wake();
  }
}

/** An error as fields of a log line. */
export function failureFields(error: unknown): Record<string, unknown> {
  const { name, message, stack, code } = toErrorData(error);
  return {
    error: `${name}: ${message}`,
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
  };
}
