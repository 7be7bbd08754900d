// One incarnation of a consumer's thread, without the thread: the lane that really delivers, its publishes on their way
// to the enqueuer, and its end at any moment.
import type { MessagePort } from 'node:worker_threads';
import type { BatchConsumer, Consumer } from '../../consumer.js';
import type { Logger } from '../../consumer-context.js';
import type { Enqueuer } from '../../enqueuer/enqueuer.js';
import type { Files } from '../../files/files.js';
import type { QueueShared, ThreadShared } from '../../queue/shared.js';
import type { ConsumerTask, FromThread, ToThread } from '../protocol.js';
import { Publishes } from '../publishes.js';
import { ThreadFiles } from '../storage-model/thread-files.fixture.js';
import { ThreadContext } from '../worker/delivery-context.js';
import { type Lane, openLane } from '../worker/lane.js';
import { Outbox } from '../worker/outbox.js';
import { nextTaken, watchTaken } from './taken-entries.fixture.js';

const MAX_MESSAGE_BYTES = 1e6;

export interface DeliveryLaneOptions {
  readonly files: Files;
  readonly task: ConsumerTask;
  readonly queue: QueueShared;
  readonly enqueuer: Enqueuer;
  readonly consumer: (lane: DeliveryLane) => Consumer | BatchConsumer;
  readonly halted: (reason: string) => void;
}

export class DeliveryLane {
  readonly index: number;
  readonly context: ThreadContext;
  /** Messages that are delivered and have not ended. */
  inFlight = 0;
  /** Deliveries that are under way, whatever has become of their messages. */
  underWay = 0;
  /** Whether it has ended without having been told to. */
  wasKilled = false;
  readonly #files: ThreadFiles;
  readonly #shared: ThreadShared;
  readonly #queue: QueueShared;
  readonly #lane: Lane;
  readonly #publishes: Publishes;
  readonly #outbox: Outbox;
  #isAlive = true;
  #running: Promise<void> | undefined;

  constructor({ files, task, queue, enqueuer, consumer, halted }: DeliveryLaneOptions) {
    this.index = task.threadIndex;
    this.#files = new ThreadFiles(files);
    this.#queue = queue;
    this.#shared = queue.threads[task.threadIndex] as ThreadShared;
    this.#publishes = new Publishes(
      enqueuer,
      this.#port((message: ToThread) => this.#receive(message)),
    );
    this.#outbox = new Outbox(
      this.#port((message: FromThread) => {
        if (message.type === 'publish') this.#publishes.take(message);
      }),
      MAX_MESSAGE_BYTES,
    );
    this.context = new ThreadContext(task, SILENT, this.#outbox);
    watchTaken(this.context);
    this.#lane = openLane({
      task,
      files: this.#files,
      queue,
      thread: this.#shared,
      consumer: consumer(this),
      context: this.context,
      halted: (reason) => {
        if (this.#isAlive) halted(reason);
      },
    });
  }

  /** Whether it has not ended, by itself or with its process. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  start(): void {
    this.#shared.state = 'running';
    this.#running = this.#lane.run();
  }

  /** The ordinals of the next messages that it delivers. */
  take(count: number): number[] {
    return nextTaken(this.context, count);
  }

  sync(): void {
    this.#lane.sync();
  }

  /** Ends it where it stands. */
  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.wasKilled = true;
    this.inFlight = 0;
    this.#lane.abandon();
    this.#files.closeAll();
    this.#shared.state = 'stopped';
    // Lets go of what still waits on the shared memory.
    this.#queue.notify();
  }

  /** The time to drain is over. */
  abort(): void {
    this.context.abort();
  }

  /** Resolves when it has ended in order, as it was told to. */
  async stopped(): Promise<void> {
    await this.#running;
    this.#lane.close();
    this.#isAlive = false;
    this.#shared.state = 'stopped';
  }

  /** The end of a channel of which nothing arrives once the thread has ended. */
  #port<Message>(receive: (message: Message) => void): MessagePort {
    const postMessage = (message: Message) => {
      if (this.#isAlive) receive(message);
    };
    return { postMessage } as unknown as MessagePort;
  }

  #receive(message: ToThread): void {
    if (message.type === 'published' || message.type === 'publish-failed') this.#outbox.receive(message);
  }
}

const nothing = () => {};
const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
