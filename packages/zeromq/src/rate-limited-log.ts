// Log lines about what can happen thousands of times a second: the first of a kind is written at once, and
// after that at most one in each interval, with how many there were.

/** Writes one line. `count` is how many occurrences it stands for. */
export type WriteLine = (text: string, fields: Readonly<Record<string, unknown>>, count: number) => void;

interface Kind {
  /** Occurrences since the last line. */
  count: number;
  /** Before this time, in milliseconds of {@link performance.now}, no line is written. */
  quietUntil: number;
  text: string;
  fields: Readonly<Record<string, unknown>>;
}

export class RateLimitedLog {
  readonly #kinds = new Map<string, Kind>();
  readonly #write: WriteLine;
  readonly #intervalMs: number;
  readonly #now: () => number;

  /**
   * @param write Where lines go.
   * @param intervalMs Least time between two lines of one kind, in milliseconds.
   * @param now The clock, in milliseconds; tests bring their own.
   */
  constructor(write: WriteLine, intervalMs: number, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#intervalMs = intervalMs;
    this.#now = now;
  }

  /**
   * Notes one occurrence.
   *
   * @param name Of a small fixed set: each kind is remembered for good.
   */
  note(name: string, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = { count: 0, quietUntil: Number.NEGATIVE_INFINITY, text, fields };
      this.#kinds.set(name, kind);
    }
    kind.count++;
    kind.text = text;
    kind.fields = fields;
    const now = this.#now();
    if (now < kind.quietUntil) return;
    kind.quietUntil = now + this.#intervalMs;
    this.#line(kind);
  }

  /** Writes what was held back, for the end. */
  flush(): void {
    for (const kind of this.#kinds.values()) if (kind.count > 0) this.#line(kind);
  }

  #line(kind: Kind): void {
    this.#write(kind.text, kind.fields, kind.count);
    kind.count = 0;
  }
}
