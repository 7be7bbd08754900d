// A set of whole numbers as disjoint, sorted, half-open intervals: which ordinals of a queue are settled.
// Ordinals settle nearly in order, so it stays small and most changes are at its end.

/** Half-open: `from` is in it, `to` is not. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

export class IntervalSet {
  readonly #froms: number[] = [];
  readonly #tos: number[] = [];

  /** The union of intervals in any order; faster than adding them one by one where they are many. */
  static of(intervals: Iterable<Interval>): IntervalSet {
    const set = new IntervalSet();
    for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) set.add(from, to);
    return set;
  }

  get size(): number {
    return this.#froms.length;
  }

  add(from: number, to: number): void {
    if (from >= to) return;
    const last = this.#tos.length - 1;
    if (last < 0 || from > (this.#tos[last] as number)) {
      this.#froms.push(from);
      this.#tos.push(to);
      return;
    }
    if (from >= (this.#froms[last] as number)) {
      if (to > (this.#tos[last] as number)) this.#tos[last] = to;
      return;
    }
    const first = firstAtLeast(this.#tos, from);
    let after = first;
    let low = from;
    let high = to;
    while (after < this.#froms.length && (this.#froms[after] as number) <= to) {
      low = Math.min(low, this.#froms[after] as number);
      high = Math.max(high, this.#tos[after] as number);
      after++;
    }
    this.#froms.splice(first, after - first, low);
    this.#tos.splice(first, after - first, high);
  }

  /** Forgets everything below `bound`. */
  dropBelow(bound: number): void {
    const first = firstAtLeast(this.#tos, bound + 1);
    this.#froms.splice(0, first);
    this.#tos.splice(0, first);
    if ((this.#froms[0] ?? bound) < bound) this.#froms[0] = bound;
  }

  /** Forgets everything from `bound` on. */
  dropFrom(bound: number): void {
    const first = firstAtLeast(this.#tos, bound + 1);
    if (first < this.#froms.length && (this.#froms[first] as number) < bound) {
      this.#tos[first] = bound;
      this.#froms.length = first + 1;
      this.#tos.length = first + 1;
    } else {
      this.#froms.length = first;
      this.#tos.length = first;
    }
  }

  has(value: number): boolean {
    const index = firstAtLeast(this.#tos, value + 1);
    return index < this.#froms.length && (this.#froms[index] as number) <= value;
  }

  /** The first number from `from` on that is not in the set. */
  firstMissing(from: number): number {
    const index = firstAtLeast(this.#tos, from + 1);
    return index < this.#froms.length && (this.#froms[index] as number) <= from ? (this.#tos[index] as number) : from;
  }

  /** The parts of `[from, to)` that are not in the set, in order. */
  gaps(from: number, to: number): Interval[] {
    const gaps: Interval[] = [];
    let at = from;
    for (let index = firstAtLeast(this.#tos, from + 1); index < this.#froms.length && at < to; index++) {
      const next = this.#froms[index] as number;
      if (next > at) gaps.push({ from: at, to: Math.min(next, to) });
      at = Math.max(at, this.#tos[index] as number);
    }
    if (at < to) gaps.push({ from: at, to });
    return gaps;
  }

  *[Symbol.iterator](): IterableIterator<Interval> {
    for (let index = 0; index < this.#froms.length; index++) {
      yield { from: this.#froms[index] as number, to: this.#tos[index] as number };
    }
  }
}

/** Index of the first element of an ascending list that is at least `value`. */
function firstAtLeast(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
