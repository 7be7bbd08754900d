// How much all receivers of a source take together before the rest of the thread gets its turn: a publisher
// that floods must not keep timers, commits and HTTP waiting.

/** As many as zeromq.js itself takes in one turn; 4 to 7 ms of work. Fewer make more and smaller commits. */
const MESSAGES_PER_TURN = 512;
const BYTES_PER_TURN = 1024 * 1024;

export class Turn {
  readonly #messagesPerTurn: number;
  #messages = 0;
  #bytes = 0;
  #next: Promise<void> | undefined;

  constructor(messagesPerTurn = MESSAGES_PER_TURN) {
    this.#messagesPerTurn = messagesPerTurn;
  }

  /** Whether {@link next} is to be awaited before another message is taken. */
  get over(): boolean {
    return this.#messages >= this.#messagesPerTurn || this.#bytes >= BYTES_PER_TURN;
  }

  /** Notes a message taken, with the bytes that had to be copied for it. */
  spend(bytes: number): void {
    this.#messages++;
    this.#bytes += bytes;
  }

  /** Resolves, for all who wait, when the event loop has gone round. */
  next(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#messages = 0;
        this.#bytes = 0;
        this.#next = undefined;
        resolve();
      });
    });
    return this.#next;
  }
}
