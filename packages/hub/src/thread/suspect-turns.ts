// Whose turn it is to deliver a message that a crash of the whole hub is suspected of: one in the hub at a time, so that
// should it crash again, it is known at what. A thread draws the turn in shared memory by compare-and-swap; from one that
// has ended, the main thread takes it back.

const NOBODY = 0;

/** The main thread's side. */
export class SuspectTurns {
  readonly buffer = new SharedArrayBuffer(4);
  readonly #word = new Int32Array(this.buffer);
  #threads = 0;

  /** A number for a thread's place. */
  register(): number {
    return ++this.#threads;
  }

  /** The thread has ended. */
  takeBack(number: number): void {
    Atomics.compareExchange(this.#word, 0, number, NOBODY);
  }
}

/** A thread's side. */
export class SuspectTurn {
  readonly #word: Int32Array;
  readonly #number: number;

  constructor(buffer: SharedArrayBuffer, number: number) {
    this.#word = new Int32Array(buffer);
    this.#number = number;
  }

  /** Whether the turn is this thread's now. */
  draw(): boolean {
    const holder = Atomics.compareExchange(this.#word, 0, NOBODY, this.#number);
    return holder === NOBODY || holder === this.#number;
  }

  /** Gives it up, where it is this thread's. */
  release(): void {
    Atomics.compareExchange(this.#word, 0, this.#number, NOBODY);
  }
}
