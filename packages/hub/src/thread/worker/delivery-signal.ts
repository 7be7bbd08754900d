// The signal of one delivery: aborts when the delivery is given up, or when all of its thread's are. Made only when it
// is asked for, since an AbortController costs more than a delivery; and by hand, since AbortSignal.any() keeps
// something for each signal that was ever made from one that lives as long as the thread.

/** What aborts, with all of a thread's deliveries, the controllers that are linked to it. */
export interface AbortLinks {
  link(controller: AbortController): void;
  unlink(controller: AbortController): void;
}

export class DeliverySignal {
  readonly #thread: AbortLinks;
  #controller: AbortController | undefined;
  #expiry: Error | undefined;
  #ended = false;

  constructor(thread: AbortLinks) {
    this.#thread = thread;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#expiry !== undefined) this.#controller.abort(this.#expiry);
      else if (!this.#ended) this.#thread.link(this.#controller);
    }
    return this.#controller.signal;
  }

  /** Gives the delivery up. */
  expire(why: Error): void {
    this.#expiry = why;
    this.#controller?.abort(why);
    this.end();
  }

  /** The delivery has ended: nothing aborts it any more. */
  end(): void {
    this.#ended = true;
    if (this.#controller !== undefined) this.#thread.unlink(this.#controller);
  }
}
