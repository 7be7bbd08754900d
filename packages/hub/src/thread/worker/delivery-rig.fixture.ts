// A consumer's thread without the thread: the lane that delivers, on files in memory, with a consumer made of functions,
// for tests of what becomes of deliveries.
import { setImmediate as turn } from 'node:timers/promises';
import type { BatchConsumer, Consumer, ConsumerSettings } from '../../consumer.js';
import type { Logger } from '../../consumer-context.js';
import { readWhole } from '../../files/files.js';
import { MemoryFiles } from '../../files/memory-files.js';
import { type ExampleMessage, writeExampleSegment } from '../../journal/segment.fixture.js';
import { readHeld } from '../../queue/held.js';
import { IndexWriter } from '../../queue/index-file.js';
import { IntervalSet } from '../../queue/interval-set.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';
import type { PendingRetry } from '../../settlement/settle-record.js';
import { readSettledState, type SettledState } from '../../settlement/settled-state.js';
import type { ConsumerTask, DeliverySettings } from '../protocol.js';
import { SuspectTurns } from '../suspect-turns.js';
import { ThreadContext } from './delivery-context.js';
import { type Lane, openLane } from './lane.js';
import type { Outbox } from './outbox.js';

const JOURNAL = '/journal';
const QUEUE = '/queues/1';

export interface RigOptions {
  readonly messages?: readonly ExampleMessage[];
  readonly delivery?: Partial<DeliverySettings>;
  readonly retries?: readonly PendingRetry[];
  /** Deliveries of entries below this ordinal are written down as they begin; none by default. */
  readonly cautiousBelow?: number;
  /** Whose turn it is among the suspects of the hub; nobody's by default. */
  readonly suspectTurns?: SuspectTurns;
  readonly publish?: Outbox['publish'];
  /** Hash of each message's key, in their order. */
  readonly keys?: readonly number[];
}

const SETTINGS: Pick<
  ConsumerSettings,
  'retry' | 'maxRetrying' | 'order' | 'concurrency' | 'maxBatch' | 'maxWaitMs' | 'maxCrashes' | 'stallMs'
> = {
  concurrency: 1,
  order: 'none',
  retry: { maxAttempts: 3, backoff: { initialMs: 1, maxMs: 4, factor: 2, jitter: 0 } },
  maxRetrying: 1_000,
  maxBatch: 100,
  maxWaitMs: 0,
  maxCrashes: 3,
  stallMs: 5_000,
};

export class DeliveryRig {
  readonly files = new MemoryFiles();
  readonly queue: QueueShared;
  readonly context: ThreadContext;
  readonly lines: string[] = [];
  readonly halts: { reason: string; exitCode: number | undefined }[] = [];
  readonly lane: Lane;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(
    consumer: Pick<Consumer, 'consume' | 'drain'> | Pick<BatchConsumer, 'consumeBatch' | 'drain'>,
    {
      messages = [{}],
      delivery: given = {},
      retries = [],
      publish,
      keys = [],
      cautiousBelow = 0,
      suspectTurns,
    }: RigOptions = {},
  ) {
    const { files } = this;
    const orderKey = given.order === 'key' ? { header: 'key' } : undefined;
    const delivery: DeliverySettings = {
      ...SETTINGS,
      batch: 'consumeBatch' in consumer,
      mostClaimed: 256,
      orderKey,
      ...given,
    };
    files.makeDirectory(JOURNAL);
    files.makeDirectory(`${QUEUE}/settled`);
    const segment = writeExampleSegment(files, JOURNAL, 0, messages);
    const header = { queueNumber: 1, firstPosition: 0, baseOrdinal: 0, baseBytes: 0 };
    const index = new IndexWriter(files, QUEUE, header);
    for (const [at, position] of segment.positions.entries()) {
      index.add(position, segment.lengths[at] as number, keys[at] ?? 0);
    }
    index.close();
    const { concurrency, batch, maxBatch, maxRetrying, order, rateLimit } = delivery;
    this.queue = newQueue({
      threads: 1,
      mostInFlight: batch ? concurrency * maxBatch : concurrency,
      maxRetrying,
      partitioned: order === 'key',
      rateTurns: rateLimit?.messages ?? 0,
    });
    this.queue.enqueued.set(messages.length);
    this.queue.enqueuedBytes.set(segment.lengths.reduce((sum, length) => sum + length, 0));
    const task = {
      consumer: 'rig',
      threadIndex: 0,
      options: undefined,
      hubId: 'hub',
      delivery,
      incarnation: 1,
      queueNumber: 1,
      queueDirectory: QUEUE,
      journalDirectory: JOURNAL,
      // Every record's checksum is looked at.
      freshFrom: Number.POSITIVE_INFINITY,
      returned: [],
      alreadySettled: [],
      retries,
      keyedFrom: 0,
      cautiousBelow,
      suspectTurn: (suspectTurns ?? new SuspectTurns()).buffer,
      suspectNumber: 1_000,
    } as unknown as ConsumerTask;
    const outbox = { publish: publish ?? (() => Promise.resolve()) } as unknown as Outbox;
    this.context = new ThreadContext(task, this.#logger(), outbox);
    this.lane = openLane({
      task,
      files,
      queue: this.queue,
      thread: this.thread,
      consumer: consumer as Consumer,
      context: this.context,
      halted: (reason, exitCode) => this.halts.push({ reason, exitCode }),
    });
  }

  get thread(): ThreadShared {
    return this.queue.threads[0] as ThreadShared;
  }

  /** Begins with the next turn of the event loop. */
  start(): void {
    this.#running = turn().then(() => this.lane.run());
  }

  /** Lets what can happen without anything from outside happen, for so many turns of the event loop. */
  async turns(count = 10): Promise<void> {
    for (let done = 0; done < count; done++) await turn();
  }

  async stop(): Promise<void> {
    this.lane.control.stop();
    await this.#running;
    if (this.#closed) return;
    this.#closed = true;
    this.lane.close();
  }

  /** What the settle logs say. */
  state(): SettledState {
    return readSettledState(this.files, `${QUEUE}/settled`, 1);
  }

  get settled(): number[] {
    return [...this.state().settled].flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
  }

  get held(): number[] {
    const held = IntervalSet.of(readHeld(this.thread));
    return [...held].flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
  }

  /** Flips a bit of the journal. */
  damage(offset: number): void {
    const [name] = this.files.list(JOURNAL);
    const path = `${JOURNAL}/${name}`;
    const bytes = readWhole(this.files, path).slice();
    bytes[offset] = (bytes[offset] as number) ^ 1;
    this.files.remove(path);
    const file = this.files.create(path);
    file.append(bytes);
    file.close();
  }

  number(slot: number): number {
    return this.thread.numbers[slot] as number;
  }

  get retrying(): number {
    return this.thread.words[ThreadShared.RETRYING] as number;
  }

  #logger(): Logger {
    const take = (level: string) => (message: string) => {
      this.lines.push(`${level} ${message}`);
    };
    return { debug: take('debug'), info: take('info'), warn: take('warn'), error: take('error') };
  }
}
