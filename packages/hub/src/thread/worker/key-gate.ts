// Under `order: 'key'`, lets one entry of each key through at a time: the others of the key wait behind it, in order,
// until it is settled, however often it is retried.
import type { Entry, Waiting } from './waiting.js';

/**
 * Keys are looked through for those that can be forgotten when there are so many. To forget each at once would be dear:
 * a map that is emptied and filled with every delivery makes itself a new table in V8's old generation every few times,
 * and with that a major garbage collection every ten thousand deliveries (docs/decisions/0024).
 */
const FORGET_AT = 4_096;

interface Key {
  underWay: boolean;
  /** Entries that wait behind the one that is under way. */
  readonly behind: Entry[];
}

export class KeyGate {
  readonly #waiting: Waiting;
  readonly #keys = new Map<number, Key>();
  #forgetAt = FORGET_AT;

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
  }

  /** Whether an entry may go through now. One that may not is {@link park parked}. */
  enter({ keyHash }: Entry): boolean {
    if (keyHash === 0) return true;
    const key = this.#keys.get(keyHash) ?? this.#add(keyHash);
    if (key.underWay) return false;
    key.underWay = true;
    return true;
  }

  /** Puts an entry behind those of its key. */
  park(entry: Entry): void {
    this.#keys.get(entry.keyHash)?.behind.push(entry);
    this.#waiting.countBehind(1);
  }

  /** An entry that went through will not be delivered again: the next of its key is, when it is due. */
  leave({ keyHash }: Entry): void {
    const key = this.#keys.get(keyHash);
    if (key === undefined) return;
    const next = key.behind.shift();
    if (next === undefined) {
      key.underWay = false;
      return;
    }
    this.#waiting.countBehind(-1);
    this.#waiting.add(next);
  }

  #add(keyHash: number): Key {
    if (this.#keys.size >= this.#forgetAt) this.#forget();
    const key = { underWay: false, behind: [] };
    this.#keys.set(keyHash, key);
    return key;
  }

  #forget(): void {
    for (const [keyHash, { underWay }] of this.#keys) {
      if (!underWay) this.#keys.delete(keyHash);
    }
    // As many as are under way stay: not to be looked through again for each that is added.
    this.#forgetAt = Math.max(FORGET_AT, 2 * this.#keys.size);
  }
}
