// What is known of entries that are not settled, from all that the logs say of them, in whatever order they are read: with
// each delivery that failed or crashed the record of it is further on, the furthest wins, and an outcome beats them all.
// Looked up by ordinal, since an outage leaves very many.
import type { IntervalSet } from '../queue/interval-set.js';
import type { PendingRetry } from './settle-record.js';

export class PendingRetries {
  readonly #retries = new Map<number, PendingRetry>();
  /** The furthest deliveries that were written down, and how many of them have not ended. */
  readonly #starts = new Map<number, { readonly start: PendingRetry; open: number }>();

  /** Takes a RETRY record. */
  add(retry: PendingRetry): void {
    const known = this.#retries.get(retry.ordinal);
    const further = known === undefined ? 1 : endedDeliveries(retry) - endedDeliveries(known);
    if (further > 0 || (further === 0 && retry.failedAt > (known as PendingRetry).failedAt)) {
      this.#retries.set(retry.ordinal, fieldsOf(retry));
    }
  }

  /** Takes a START record. */
  addStart(start: PendingRetry): void {
    const known = this.#starts.get(start.ordinal);
    const further = known === undefined ? 1 : endedDeliveries(start) - endedDeliveries(known.start);
    if (further > 0) this.#starts.set(start.ordinal, { start: fieldsOf(start), open: 1 });
    else if (further === 0 && known !== undefined) known.open++;
  }

  /** Takes a LEFT record, which stands behind its START. */
  addLeft(left: PendingRetry): void {
    const known = this.#starts.get(left.ordinal);
    if (known !== undefined && endedDeliveries(left) === endedDeliveries(known.start)) known.open--;
  }

  /** Those of entries that are not settled, in order of ordinals. */
  unsettled(settled: IntervalSet): PendingRetry[] {
    return sorted([...this.#retries.values()].filter(({ ordinal }) => !settled.has(ordinal)));
  }

  /** Deliveries that have begun and of whose end nothing is known, in order of ordinals. */
  unended(settled: IntervalSet): PendingRetry[] {
    return sorted(
      [...this.#starts.values()]
        .filter(({ start, open }) => {
          if (open <= 0 || settled.has(start.ordinal)) return false;
          const retry = this.#retries.get(start.ordinal);
          return retry === undefined || endedDeliveries(retry) <= endedDeliveries(start);
        })
        .map(({ start }) => start),
    );
  }
}

/** How many deliveries of an entry had ended when its record was written. */
const endedDeliveries = ({ attempt, crashes }: PendingRetry): number => attempt + crashes;

const fieldsOf = ({ ordinal, attempt, crashes, delayMs, failedAt, firstAt }: PendingRetry): PendingRetry => ({
  ordinal,
  attempt,
  crashes,
  delayMs,
  failedAt,
  firstAt,
});

const sorted = (all: PendingRetry[]): PendingRetry[] => all.sort((a, b) => a.ordinal - b.ordinal);
