// Figures that a round measures beside what the oracle says: each a name and all that was seen of it.

/** What was seen of one figure. */
export interface Figure {
  readonly count: number;
  readonly sum: number;
  readonly median: number;
  readonly max: number;
}

export class Figures {
  readonly #seen = new Map<string, number[]>();

  /** @param name With its unit last, such as `readyMs`. */
  add(name: string, value: number): void {
    const seen = this.#seen.get(name);
    if (seen === undefined) this.#seen.set(name, [value]);
    else seen.push(value);
  }

  /** What was seen of a figure first; 0 when nothing was. */
  first(name: string): number {
    return this.#seen.get(name)?.[0] ?? 0;
  }

  /** Adds all that another one has seen. */
  merge(other: Figures): void {
    for (const [name, seen] of other.#seen) for (const value of seen) this.add(name, value);
  }

  /** All of them by name, rounded to three digits behind the point. */
  summary(): Readonly<Record<string, Figure>> {
    return Object.fromEntries([...this.#seen].map(([name, seen]) => [name, figureOf(seen)]));
  }
}

function figureOf(seen: readonly number[]): Figure {
  const sorted = seen.toSorted((a, b) => a - b);
  const rounded = (value = 0) => Number(value.toFixed(3));
  return {
    count: sorted.length,
    sum: rounded(sorted.reduce((sum, value) => sum + value, 0)),
    median: rounded(sorted[Math.floor((sorted.length - 1) / 2)]),
    max: rounded(sorted.at(-1)),
  };
}
