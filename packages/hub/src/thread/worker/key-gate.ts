// Under `order: 'key'`, lets one entry of each key through at a time: the others of the key wait behind it, in order,
// until it is settled, however often it is retried.
import type { Entry, Waiting } from './waiting.js';

export class KeyGate {
  readonly #waiting: Waiting;
  /** Of each key that has an entry under way, those behind it. */
  readonly #behind = new Map<number, Entry[]>();

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
  }

  /** Whether an entry may go through now. One that may not is {@link park parked}. */
  enter({ keyHash }: Entry): boolean {
    if (keyHash === 0) return true;
    if (this.#behind.has(keyHash)) return false;
    this.#behind.set(keyHash, []);
    return true;
  }

  /** Puts an entry behind those of its key. */
  park(entry: Entry): void {
    this.#behind.get(entry.keyHash)?.push(entry);
    this.#waiting.countBehind(1);
  }

  /** An entry that went through will not be delivered again: the next of its key is, when it is due. */
  leave({ keyHash }: Entry): void {
    const behind = this.#behind.get(keyHash);
    if (behind === undefined) return;
    const next = behind.shift();
    if (next === undefined) {
      this.#behind.delete(keyHash);
      return;
    }
    this.#waiting.countBehind(-1);
    this.#waiting.add(next);
  }
}
