// Tells of something that begins, goes on for a while and is over, such as a full queue: a line at once when it begins,
// then at most one in each interval with how often it happened since, and one when it has not for an interval.

/** How often a line is written while it goes on. */
const INTERVAL_MS = 10_000;

export interface EpisodeLines<Details> {
  /** It happens for the first time, or again after it was over. */
  began(details: Details): void;
  /** It goes on. @param count How often since the last line. @param details Of the first of them. */
  wentOn(count: number, details: Details): void;
  /** It has not happened for an interval. @param total How often it did from its beginning on. */
  over(total: number): void;
}

export class EpisodeLog<Details = undefined> {
  readonly #lines: EpisodeLines<Details>;
  readonly #intervalMs: number;
  #total = 0;
  #count = 0;
  /** Of the first occurrence that has no line yet. */
  #details: Details | undefined;
  /** Runs from the beginning to the end of an episode. */
  #timer: NodeJS.Timeout | undefined;

  /** @param intervalMs 10,000 by default; tests bring their own. */
  constructor(lines: EpisodeLines<Details>, intervalMs = INTERVAL_MS) {
    this.#lines = lines;
    this.#intervalMs = intervalMs;
  }

  /**
   * Notes that it happened.
   *
   * @param count How often.
   * @param details What a line tells of it; asked for only where there will be a line.
   */
  note(count: number, details: () => Details): void {
    this.#total += count;
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#look(), this.#intervalMs).unref();
      this.#lines.began(details());
      return;
    }
    if (this.#count === 0) this.#details = details();
    this.#count += count;
  }

  /** Writes what has no line yet, and ends the episode. */
  end(): void {
    if (this.#timer === undefined) return;
    if (this.#count > 0) this.#tell();
    this.#over();
  }

  #look(): void {
    if (this.#count > 0) this.#tell();
    else this.#over();
  }

  #tell(): void {
    this.#lines.wentOn(this.#count, this.#details as Details);
    this.#count = 0;
    this.#details = undefined;
  }

  #over(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const total = this.#total;
    this.#total = 0;
    this.#lines.over(total);
  }
}
