// How many entries were settled, by outcome and reason: what a settle log counts, and keeps when it is rewritten, so
// that "dropped, and why" can be told for all time.
import type { OutcomeKind, SettleReason, Tally } from './settle-record.js';

export class Tallies implements Iterable<Tally> {
  readonly #byKey = new Map<number, { outcome: OutcomeKind; reason: SettleReason; count: number; bytes: number }>();

  /** @param bytes Of those entries' records in the journal. */
  add(outcome: OutcomeKind, reason: SettleReason, count: number, bytes: number): void {
    const key = outcome * 256 + reason;
    const tally = this.#byKey.get(key);
    if (tally === undefined) this.#byKey.set(key, { outcome, reason, count, bytes });
    else {
      tally.count += count;
      tally.bytes += bytes;
    }
  }

  /** How many outcomes and reasons there are. */
  get size(): number {
    return this.#byKey.size;
  }

  addAll(tallies: Iterable<Tally>): void {
    for (const { outcome, reason, count, bytes } of tallies) this.add(outcome, reason, count, bytes);
  }

  /** In order of outcome and reason. */
  *[Symbol.iterator](): IterableIterator<Tally> {
    for (const key of [...this.#byKey.keys()].sort((a, b) => a - b)) yield { ...(this.#byKey.get(key) as Tally) };
  }
}
