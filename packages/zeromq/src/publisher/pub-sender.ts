// PUB: each message goes to every subscriber that wants its topic, and is settled when it is sent. A subscriber that
// is not there gets nothing, and one that is slow loses what its buffer does not hold; numbers in the headers let it
// count that.
import type { OutgoingFrames } from './frame-writer.js';
import type { Outlet, Receiver, Sender } from './sender.js';
import { Subscriptions, topicBytes } from './subscriptions.js';

export interface PubOptions {
  /** Whether to wait for the slowest subscriber instead of dropping what it cannot take. */
  readonly noDrop: boolean;
  /** Tells of a message that a subscriber lost, being slow. */
  dropped(): void;
  /** Tells of a message that nobody wanted. */
  unwanted(): void;
}

interface Outgoing {
  readonly message: OutgoingFrames;
  resolve(): void;
  reject(error: Error): void;
}

export class PubSender implements Sender {
  readonly #options: PubOptions;
  readonly #subscribers = new Set<PubSubscriber>();
  /** With `noDrop`: what waits for a slow subscriber, in order. */
  #waiting: Outgoing[] = [];
  #flushDue = false;
  #stopping = false;

  constructor(options: PubOptions) {
    this.#options = options;
  }

  send(message: OutgoingFrames): Promise<void> {
    if (this.#stopping) return Promise.reject(stopped());
    if (this.#waiting.length === 0 && this.#publish(message)) return SENT;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
    });
  }

  admit(outlet: Outlet): Receiver {
    const subscriber = new PubSubscriber(outlet, {
      ready: () => this.#sendWaiting(),
      gone: () => {
        this.#subscribers.delete(subscriber);
        this.#sendWaiting();
      },
    });
    this.#subscribers.add(subscriber);
    return subscriber;
  }

  async drain(): Promise<boolean> {
    this.abort();
    return true;
  }

  abort(): void {
    this.#stopping = true;
    for (const { reject } of this.#waiting.splice(0)) reject(stopped());
  }

  /** Returns false when it is to wait. */
  #publish(message: OutgoingFrames): boolean {
    const wanting: PubSubscriber[] = [];
    const topic = topicBytes(message.topic);
    for (const subscriber of this.#subscribers) if (subscriber.wants(topic)) wanting.push(subscriber);
    if (this.#options.noDrop && wanting.some(({ full }) => full)) return false;
    if (wanting.length === 0) this.#options.unwanted();
    for (const subscriber of wanting) {
      if (subscriber.full) this.#options.dropped();
      else subscriber.send(message);
    }
    this.#flushSoon();
    return true;
  }

  #sendWaiting(): void {
    let sent = 0;
    for (const { message, resolve } of this.#waiting) {
      if (!this.#publish(message)) break;
      resolve();
      sent++;
    }
    this.#waiting.splice(0, sent);
  }

  #flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(() => {
      this.#flushDue = false;
      for (const subscriber of this.#subscribers) subscriber.flush();
    });
  }
}

interface PubSubscriberEvents {
  /** It is no longer full. */
  ready(): void;
  gone(): void;
}

class PubSubscriber implements Receiver {
  readonly #outlet: Outlet;
  readonly #events: PubSubscriberEvents;
  readonly #subscriptions = new Subscriptions();

  constructor(outlet: Outlet, events: PubSubscriberEvents) {
    this.#outlet = outlet;
    this.#events = events;
  }

  get full(): boolean {
    return this.#outlet.full;
  }

  /** @param topic As {@link topicBytes} makes it. */
  wants(topic: string): boolean {
    return this.#subscriptions.matches(topic);
  }

  send(message: OutgoingFrames): void {
    this.#outlet.send(message);
  }

  flush(): void {
    this.#outlet.flush();
  }

  /** None is asked for. */
  pong(): void {}

  subscription(wanted: boolean, prefix: Buffer): void {
    if (wanted) this.#subscriptions.add(prefix);
    else this.#subscriptions.cancel(prefix);
  }

  drained(): void {
    this.#events.ready();
  }

  gone(): void {
    this.#events.gone();
  }
}

const SENT = Promise.resolve();

const stopped = () => new Error('the publisher stopped before it was sent; it stays queued');
