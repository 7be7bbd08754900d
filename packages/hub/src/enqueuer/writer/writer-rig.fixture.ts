// The journal thread's parts on files in memory, with queues 1 to n, for tests of one of them.
import type { OrderKey } from '../../consumer.js';
import type { JournalEnds } from '../../files/hub-file.js';
import { MemoryFiles } from '../../files/memory-files.js';
import { type Entry, encodeRef, encodeRoute, placeRecord, refRoom, routeRoom } from '../../journal/encode.js';
import { sealRecord, viewOf } from '../../journal/record.js';
import { exampleRecord } from '../../journal/segment.fixture.js';
import type { Headers } from '../../message.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import type { QueueShape, QueueShared } from '../../queue/shared.js';
import type { OpenReport, Retention } from '../protocol.js';
import { JournalWriter } from './journal-writer.js';
import { Reaper } from './reaper.js';
import { openJournal } from './recovery.js';
import { RemovedQueues } from './removed-queues.js';
import { RetainedSegments } from './retained-segments.js';
import { SpareSegments } from './spare-segments.js';
import { EnqueuedQueue } from './writer-queue.js';

export const JOURNAL = '/journal';
export const queueDirectory = (queue: number): string => `/queues/${queue}`;

export interface WriterRigOptions {
  readonly files?: MemoryFiles;
  readonly clean?: boolean;
  /** What the last hub said of a stop in order. */
  readonly ends?: JournalEnds | undefined;
  readonly retain?: Retention;
  /** What makes the messages of each queue belong together; by the queue's number. */
  readonly orderKeys?: Readonly<Record<number, OrderKey>>;
  readonly shape?: Partial<QueueShape>;
}

export class WriterRig {
  readonly files: MemoryFiles;
  readonly report: OpenReport;
  readonly shared: readonly QueueShared[];
  readonly writer: JournalWriter;
  readonly reaper: Reaper;
  readonly retained: RetainedSegments;
  /** The wall clock: of the records that are written, and of what retains them. */
  nowMs = 1_700_000_000_000;
  readonly removed: RemovedQueues;
  readonly #queues: Map<number, EnqueuedQueue>;
  #position: number;
  /** Queues of the routes that the present segment knows. */
  #routes: string[] = [];

  /**
   * Opens what is there, as a hub's start does.
   *
   * @param queues Their numbers, or how many; `shared` has theirs in this order.
   */
  constructor(
    queues: number | readonly number[],
    {
      files = new MemoryFiles(),
      clean = false,
      ends,
      retain = {},
      orderKeys = {},
      shape = { threads: 1 },
    }: WriterRigOptions = {},
  ) {
    this.files = files;
    files.makeDirectory(JOURNAL);
    const numbers = typeof queues === 'number' ? Array.from({ length: queues }, (_, index) => index + 1) : queues;
    this.shared = numbers.map(() => newQueue(shape));
    const enqueued = this.shared.map(({ buffer, shape }, index) => {
      const number = numbers[index] as number;
      files.makeDirectory(`${queueDirectory(number)}/settled`);
      const directory = queueDirectory(number);
      return new EnqueuedQueue(files, {
        number,
        name: `q${number}`,
        directory,
        shared: buffer,
        shape,
        orderKey: orderKeys[number],
      });
    });
    this.#queues = new Map(enqueued.map((queue) => [queue.number, queue]));
    this.removed = new RemovedQueues(files);
    this.report = openJournal(files, JOURNAL, this.#queues, clean, ends);
    this.#position = this.report.nextPosition;
    const spares = new SpareSegments(files, JOURNAL);
    this.writer = new JournalWriter(files, JOURNAL, this.#queues, spares, this.#position);
    this.writer.beginSegment();
    this.retained = new RetainedSegments(files, JOURNAL, retain, () => this.nowMs);
    this.reaper = new Reaper(files, JOURNAL, enqueued, spares, this.retained, this.#position);
  }

  /** Writes a message into some queues. Returns where it lies. */
  write(queues: readonly number[], body = 'body', headers: Headers = {}): Entry {
    const route = this.#route(queues);
    const position = this.#position;
    const record = exampleRecord(position, { body, headers, route, time: this.nowMs });
    this.#append(record);
    return { position, length: record.byteLength, keyHash: 0 };
  }

  /** Writes entries that point to older messages into a queue. */
  reference(queue: number, entries: readonly Entry[]): void {
    const record = new Uint8Array(refRoom(entries.length));
    encodeRef(viewOf(record), 0, entries);
    this.#place(record, queue);
  }

  /** Ends the segment and begins the next. */
  roll(): void {
    const segment = this.writer.endSegment();
    if (segment !== undefined) this.reaper.add(segment);
    this.writer.beginSegment();
    this.#routes = [];
  }

  /** What a stop in order says of how far all has come. */
  get ends(): JournalEnds {
    const queues = Object.fromEntries([...this.#queues.values()].map(({ number, base }) => [number, base.enqueued]));
    return { position: this.#position, queues };
  }

  /** Lets go of a queue, as the journal thread does; its files are deleted by `removed`. */
  removeQueue(number: number): void {
    const queue = this.#queues.get(number);
    if (queue === undefined) throw new Error(`there is no queue ${number}`);
    this.removed.add(queue);
    this.#queues.delete(number);
    this.reaper.forget(queue);
  }

  get segments(): string[] {
    return this.files.list(JOURNAL).filter((name) => name.endsWith('.seg'));
  }

  #route(queues: readonly number[]): number {
    const key = queues.join();
    if (!this.#routes.includes(key)) {
      this.#routes.push(key);
      const record = new Uint8Array(routeRoom(queues.length));
      encodeRoute(viewOf(record), 0, queues);
      this.#place(record, this.#routes.length);
    }
    return this.#routes.indexOf(key) + 1;
  }

  #place(record: Uint8Array, route: number): void {
    placeRecord(viewOf(record), 0, this.#position, this.nowMs, route);
    sealRecord(viewOf(record), 0, record.byteLength);
    this.#append(record);
  }

  #append(record: Uint8Array): void {
    this.writer.write(record);
    this.#position += record.byteLength;
  }
}
