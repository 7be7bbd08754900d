// Whose turn it is to deliver a message that a crash of the whole hub is suspected of: one in the hub at a time, so that
// should it crash again, it is known at what. A thread draws the turn in shared memory by compare-and-swap; from one that
// has ended, the main thread takes it back; and from one whose delivery does not come to an end, who waits takes it over.

/** Words of the memory: the number of the thread that has the turn, or NOBODY; and how often one was drawn. */
const HOLDER = 0;
const DRAWS = 1;

const NOBODY = 0;

/** A turn is over after so long, in milliseconds: a delivery that never ends is not to hold up those of other consumers. */
const LONGEST_TURN_MS = 60_000;

/** The main thread's side. */
export class SuspectTurns {
  readonly buffer = new SharedArrayBuffer(8);
  readonly #words = new Int32Array(this.buffer);
  #threads = 0;

  /** A number for a thread's place. */
  register(): number {
    return ++this.#threads;
  }

  /** The thread has ended. */
  takeBack(number: number): void {
    Atomics.compareExchange(this.#words, HOLDER, number, NOBODY);
  }
}

/** A thread's side. */
export class SuspectTurn {
  readonly #words: Int32Array;
  readonly #number: number;
  /** Which turn of another thread this one waits for, and since when. */
  #awaited = { holder: NOBODY, draws: 0, sinceMs: 0 };

  constructor(buffer: SharedArrayBuffer, number: number) {
    this.#words = new Int32Array(buffer);
    this.#number = number;
  }

  /** Whether the turn is this thread's now; if not, it is to ask again. */
  draw(): boolean {
    const holder = Atomics.compareExchange(this.#words, HOLDER, NOBODY, this.#number);
    if (holder === this.#number) return true;
    if (holder !== NOBODY && !this.#takeOver(holder)) return false;
    Atomics.add(this.#words, DRAWS, 1);
    return true;
  }

  /** Takes the turn from a thread that has had this very one for too long. */
  #takeOver(holder: number): boolean {
    const draws = Atomics.load(this.#words, DRAWS);
    const nowMs = performance.now();
    const { holder: awaited, draws: awaitedDraws, sinceMs } = this.#awaited;
    if (holder !== awaited || draws !== awaitedDraws) {
      this.#awaited = { holder, draws, sinceMs: nowMs };
      return false;
    }
    if (nowMs - sinceMs < LONGEST_TURN_MS) return false;
    return Atomics.compareExchange(this.#words, HOLDER, holder, this.#number) === holder;
  }

  /** Gives it up, where it is this thread's. */
  release(): void {
    Atomics.compareExchange(this.#words, HOLDER, this.#number, NOBODY);
  }
}
