// What consumeBatch() is handed beside its messages: the ways to settle one of them by itself, and to publish what
// follows from one.
import type { BatchContext } from '../../consumer-context.js';
import { PenstockError } from '../../errors.js';
import type { Body, Headers, Message } from '../../message.js';
import { DeadLetter, type Outcome, outcomeOf, RetryAfter } from '../../outcomes.js';
import { DeliveryScope, type ThreadContext, ThreadDeliveryContext } from './delivery-context.js';
import type { Endings, Failure } from './endings.js';
import type { Entry } from './waiting.js';

/** One message of a batch. */
interface Item {
  readonly message: Message;
  readonly entry: Entry;
  /** What it publishes with; made when it first does. */
  delivery: ThreadDeliveryContext | undefined;
  settled: boolean;
}

export interface BatchDelivery {
  readonly endings: Endings;
  /** Takes what settles later. */
  readonly keep: (later: Promise<void>) => void;
  /** When it began, in milliseconds since 1970. */
  readonly beganAt: number;
}

export class ThreadBatchContext extends DeliveryScope implements BatchContext {
  readonly #thread: ThreadContext;
  readonly #batch: BatchDelivery;
  readonly #items: Item[] = [];
  /** Made when the first message is looked for: most batches are settled as a whole. */
  #byMessage: Map<Message, Item> | undefined;

  constructor(thread: ThreadContext, batch: BatchDelivery) {
    super(thread);
    this.#thread = thread;
    this.#batch = batch;
  }

  ack(message: Message): void {
    this.#acknowledge(this.#take(message, 'ack'));
  }

  retry(message: Message, error?: unknown, delayMs?: number): void {
    const cause = error ?? new Error('its consumer asked for another delivery');
    const after = delayMs === undefined ? undefined : outcomeOf(new RetryAfter(delayMs, { cause }));
    this.#fail(this.#take(message, 'retry'), cause, after);
  }

  drop(message: Message, reason: string): void {
    this.#fail(this.#take(message, 'drop'), undefined, { kind: 'drop', reason });
  }

  deadLetter(message: Message, reason: string, cause?: unknown): void {
    const error = new DeadLetter(reason, { cause });
    this.#fail(this.#take(message, 'deadLetter'), error, outcomeOf(error));
  }

  publish(from: Message, topic: string, body: Body, headers?: Headers): Promise<void> {
    const item = this.#open(from, `publish("${topic}")`);
    item.delivery ??= new ThreadDeliveryContext(this.#thread, from);
    return item.delivery.publish(topic, body, headers);
  }

  /** Takes a message into the batch, before it is delivered. */
  add(message: Message, entry: Entry): void {
    this.#items.push({ message, entry, delivery: undefined, settled: false });
  }

  /** Acknowledges what was not settled by itself. */
  succeed(): void {
    for (const item of this.#rest()) this.#acknowledge(item);
  }

  /** Has what was not settled by itself go on as `error` says. */
  fail(error: unknown): void {
    const outcome = outcomeOf(error);
    if (outcome?.kind === 'halt') {
      this.#batch.endings.halted(this.#endRest(), outcome);
      return;
    }
    const wait = { fromMs: performance.now(), random: Math.random() };
    for (const item of this.#rest()) this.#fail(item, error, outcome, wait);
  }

  /** Leaves in the queue what was not settled by itself. */
  leave(): void {
    for (const entry of this.#endRest()) this.#batch.endings.left(entry);
  }

  /** Ends the deliveries of the rest, of which nothing is to become. */
  #endRest(): Entry[] {
    return this.#rest().map(({ entry, delivery }) => {
      delivery?.end();
      return entry;
    });
  }

  /** What was not settled by itself; from now on it is. */
  #rest(): readonly Item[] {
    this.endScope();
    const rest = this.#items.filter((item) => !item.settled);
    for (const item of rest) item.settled = true;
    return rest;
  }

  #take(message: Message, what: string): Item {
    const item = this.#open(message, what);
    item.settled = true;
    return item;
  }

  #open(message: Message, what: string): Item {
    this.#byMessage ??= new Map(this.#items.map((item) => [item.message, item]));
    const item = this.#byMessage.get(message);
    const why = this.hasEnded
      ? 'after consumeBatch() had ended'
      : item === undefined
        ? 'with a message that is not of this batch'
        : item.settled
          ? 'with a message that was settled already'
          : undefined;
    if (why === undefined && item !== undefined) return item;
    throw new PenstockError('DELIVERY_SETTLED', `${what} was called ${why}`);
  }

  #acknowledge({ entry, delivery }: Item): void {
    const later = this.#batch.endings.acknowledged(entry, delivery?.end());
    if (later !== undefined) this.#batch.keep(later);
  }

  #fail({ message, entry, delivery }: Item, error: unknown, outcome?: Outcome, wait?: Failure['wait']): void {
    const { endings, beganAt, keep } = this.#batch;
    const later = endings.failed({ entry, message, error, beganAt, outcome, wait }, delivery?.end());
    if (later !== undefined) keep(later);
  }
}
