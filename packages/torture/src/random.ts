// Chance that can be had again: whatever a torture run leaves to chance comes from a seed that it prints.

/** A source of chance, the same for the same seed (mulberry32). */
export class Random {
  #state: number;

  /** @param seed A whole number; of larger ones, the lower 32 bits count. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number from 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both limits allowed. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** One of these. */
  pick<Choice>(choices: readonly Choice[]): Choice {
    if (choices.length === 0) throw new RangeError('there is nothing to pick from');
    return choices[this.between(0, choices.length - 1)] as Choice;
  }

  /** The same things in any order. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const left = [...items];
    return items.map(() => left.splice(this.between(0, left.length - 1), 1)[0] as Item);
  }

  /** So many random bytes. */
  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.between(0, 255)));
  }
}

/** A seed for a run that was given none. */
export const anySeed = (): number => Math.floor(Math.random() * 2 ** 31);
