// What open(), close() and consume() are handed beside the message.
import type { ConsumerContext, DeliveryContext, Logger } from '../../consumer-context.js';
import { PenstockError } from '../../errors.js';
import type { Body, Headers, Message } from '../../message.js';
import { DeliverySignal } from './delivery-signal.js';
import type { Outbox } from './outbox.js';

/** The longest id, in characters, that stands as it is in the ids of what its delivery publishes. */
const MOST_ID_CHARACTERS = 1_024;

/** One for each thread. */
export class ThreadContext implements ConsumerContext {
  readonly consumer: string;
  readonly threadIndex: number;
  readonly options: unknown;
  readonly log: Logger;
  readonly outbox: Outbox;
  #controller: AbortController | undefined;
  /** Those of deliveries that are under way and have asked for their signal. */
  readonly #linked = new Set<AbortController>();
  #aborted = false;

  constructor(task: { consumer: string; threadIndex: number; options: unknown }, log: Logger, outbox: Outbox) {
    this.consumer = task.consumer;
    this.threadIndex = task.threadIndex;
    this.options = task.options;
    this.log = log;
    this.outbox = outbox;
  }

  /** Made when it is first asked for: an AbortController costs more than a delivery. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Whether the time to drain is over: what fails from now on fails because of that. */
  get aborted(): boolean {
    return this.#aborted;
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
    for (const controller of this.#linked) controller.abort();
  }

  /** Has a controller abort with the thread, until {@link unlink}. */
  link(controller: AbortController): void {
    if (this.#aborted) controller.abort();
    else this.#linked.add(controller);
  }

  unlink(controller: AbortController): void {
    this.#linked.delete(controller);
  }
}

/** What a delivery has of its thread, and its own end; of one message or of many. */
export abstract class DeliveryScope implements ConsumerContext {
  readonly #thread: ThreadContext;
  #signal: DeliverySignal | undefined;
  #ended = false;

  constructor(thread: ThreadContext) {
    this.#thread = thread;
  }

  get consumer(): string {
    return this.#thread.consumer;
  }

  get threadIndex(): number {
    return this.#thread.threadIndex;
  }

  get options(): unknown {
    return this.#thread.options;
  }

  get log(): Logger {
    return this.#thread.log;
  }

  get signal(): AbortSignal {
    this.#signal ??= new DeliverySignal(this.#thread);
    return this.#signal.signal;
  }

  /** Whether it has ended, or was given up. */
  protected get hasEnded(): boolean {
    return this.#ended;
  }

  /** Gives the delivery up: it has taken too long. */
  expire(why: Error): void {
    this.#ended = true;
    this.#signal ??= new DeliverySignal(this.#thread);
    this.#signal.expire(why);
  }

  /** Ends the delivery: nothing can be done with it any more. */
  protected endScope(): void {
    this.#ended = true;
    this.#signal?.end();
  }
}

/** One for each delivery. */
export class ThreadDeliveryContext extends DeliveryScope implements DeliveryContext {
  readonly #thread: ThreadContext;
  readonly #message: Message;
  #published = 0;
  #uncommitted: Promise<unknown> | undefined;

  constructor(thread: ThreadContext, message: Message) {
    super(thread);
    this.#thread = thread;
    this.#message = message;
  }

  publish(topic: string, body: Body, headers?: Headers): Promise<void> {
    if (this.hasEnded) {
      throw new PenstockError('DELIVERY_SETTLED', `publish("${topic}") was called after consume() had returned`);
    }
    const id = `${boundedId(this.#message.id)}/${this.#thread.consumer}/${this.#published}`;
    const committed = this.#thread.outbox.publish(topic, body, headers, id);
    this.#published++;
    // All of one thread's batches commit in order, so the last one's commit is the commit of all.
    this.#uncommitted = committed;
    return committed;
  }

  /** Ends the delivery: nothing more can be published. Returns what its settling has to wait for. */
  end(): Promise<unknown> | undefined {
    this.endScope();
    return this.#uncommitted;
  }
}

/** Ids of generation after generation would grow for ever: a long one is stood for by its digest, always the same. */
function boundedId(id: string): string {
  if (id.length <= MOST_ID_CHARACTERS) return id;
  // Fetched here and not imported: loading it costs every thread 6 ms, and few ever need it.
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(id).digest('hex');
}
