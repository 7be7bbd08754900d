// How the loop of a thread waits: until there is something new in the queue, until something of its own has ended, or
// until a time has come. One wait on shared memory at most is open, and it has no time limit: timed ones that are woken
// early leak.

/** The longest time that a timer can be set to; it is looked at anew then. */
const MOST_TIMER_MS = 2_147_483_647;

export class Wakeup {
  readonly #word: Int32Array;
  #watching = false;
  #nudged = false;
  #resume: (() => void) | undefined;

  /** @param word Changes, at index 0, whenever the queue has something new; whoever changes it notifies. */
  constructor(word: Int32Array) {
    this.#word = word;
  }

  /** To be called before looking at what there is to do: what comes after that ends the next {@link wait} at once. */
  prepare(): void {
    this.#nudged = false;
    if (this.#watching) return;
    const wait = Atomics.waitAsync(this.#word, 0, Atomics.load(this.#word, 0));
    if (!wait.async) {
      this.#nudged = true;
      return;
    }
    this.#watching = true;
    void wait.value.then(() => {
      this.#watching = false;
      this.nudge();
    });
  }

  /** Ends the wait that is under way, or else the next one. */
  nudge(): void {
    this.#nudged = true;
    this.#resume?.();
  }

  /** Waits for {@link nudge}, for the queue, or for so many milliseconds. */
  async wait(ms = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#nudged) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
      if (ms !== Number.POSITIVE_INFINITY) timer = setTimeout(resolve, Math.min(Math.max(0, ms), MOST_TIMER_MS));
    });
    this.#resume = undefined;
    clearTimeout(timer);
  }
}
