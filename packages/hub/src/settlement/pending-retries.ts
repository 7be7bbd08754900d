// Which entries wait for a retry, from all that the logs say of them, in whatever order they are read: the highest
// attempt wins, and an outcome beats them all. Looked up by ordinal, since an outage leaves very many.
import type { IntervalSet } from '../queue/interval-set.js';
import type { PendingRetry } from './settle-record.js';

export class PendingRetries {
  readonly #byOrdinal = new Map<number, PendingRetry>();

  add({ ordinal, attempt, delayMs, failedAt, firstAt }: PendingRetry): void {
    const known = this.#byOrdinal.get(ordinal);
    if (known !== undefined && (known.attempt > attempt || (known.attempt === attempt && known.failedAt >= failedAt))) {
      return;
    }
    this.#byOrdinal.set(ordinal, { ordinal, attempt, delayMs, failedAt, firstAt });
  }

  /** Those of entries that are not settled, in order of ordinals. */
  unsettled(settled: IntervalSet): PendingRetry[] {
    return [...this.#byOrdinal.values()]
      .filter(({ ordinal }) => !settled.has(ordinal))
      .sort((a, b) => a.ordinal - b.ordinal);
  }
}
