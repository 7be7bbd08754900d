// How far the journal is committed, told to whoever follows it: what is new, and at most twenty times a second. A
// commit costs one assignment where nobody follows, and the followers cost one timer, however many commits there are.

/** The least time between two tellings, in milliseconds. */
const TELL_EVERY_MS = 50;

export class CommitFeed {
  readonly #followers = new Set<() => void>();
  readonly #position: () => number;
  #told: number | undefined;
  /** Runs for as long as nothing may be told. */
  #pause: NodeJS.Timeout | undefined;

  /** @param position The committed position; it is asked when it is told. */
  constructor(position: () => number) {
    this.#position = position;
  }

  /** To be called after a commit. */
  note(): void {
    if (this.#followers.size > 0 && this.#pause === undefined) this.#tell();
  }

  /**
   * Follows the position.
   *
   * @param changed Called at once, and when there is something new.
   * @returns Ends it.
   */
  follow(changed: () => void): () => void {
    this.#followers.add(changed);
    changed();
    return () => {
      this.#followers.delete(changed);
    };
  }

  /** Stops its timer; what was not told is not told any more. */
  end(): void {
    clearTimeout(this.#pause);
    this.#followers.clear();
  }

  #tell(): void {
    this.#told = this.#position();
    for (const changed of this.#followers) changed();
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#told !== this.#position()) this.note();
    }, TELL_EVERY_MS).unref();
  }
}
