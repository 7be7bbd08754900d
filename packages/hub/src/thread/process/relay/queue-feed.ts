// Tells a consumer's own process how far its queue has come: at once after a silence, and in a flood as often as is worth
// it, for each telling costs as much as many deliveries.
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import type { QueueShared } from '../../../queue/shared.js';
import { Wakeup } from '../../worker/wakeup.js';
import type { ToChild } from '../protocol.js';

/** At least so long from one telling to the next, in milliseconds. */
const APART_MS = 2;

export class QueueFeed {
  readonly #queue: QueueShared;
  readonly #send: (message: ToChild, sent: () => void) => void;
  readonly #wakeup: Wakeup;
  #ended = false;

  /** @param send Passes a message on, and calls back when the next one may come. */
  constructor(queue: QueueShared, send: (message: ToChild, sent: () => void) => void) {
    this.#queue = queue;
    this.#send = send;
    this.#wakeup = new Wakeup(queue.wake);
  }

  /** Feeds the process until {@link end}. */
  async run(): Promise<void> {
    while (!this.#ended) {
      this.#wakeup.prepare();
      const told = new Promise<void>((sent) => {
        this.#send(this.state, sent);
      });
      await Promise.all([told, setTimeoutPromise(APART_MS)]);
      if (!this.#ended) await this.#wakeup.wait();
    }
  }

  /** How the queue stands. */
  get state(): Extract<ToChild, { type: 'queue' }> {
    const { enqueuedBytes, enqueued, paused } = this.#queue;
    return { type: 'queue', enqueuedBytes: enqueuedBytes.get(), enqueued: enqueued.get(), paused };
  }

  end(): void {
    this.#ended = true;
    this.#wakeup.nudge();
  }
}
