// One queue of the simulated hub: its shared memory, what of it is settled, and its simulated threads.
import type { SettledBefore, WriterQueue } from '../../enqueuer/protocol.js';
import type { RoutedQueue } from '../../enqueuer/router.js';
import type { Files } from '../../files/files.js';
import type { Interval } from '../../queue/interval-set.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { restoreQueue } from '../../queue/queue-state.js';
import type { Queue } from '../../queue/registry.js';
import type { QueueShared } from '../../queue/shared.js';
import type { PendingRetry } from '../../settlement/settle-record.js';
import { mergeLogs, readSettledState } from '../../settlement/settled-state.js';
import { takeBackEntries } from '../returned-entries.js';
import { SimulatedThread } from './simulated-thread.fixture.js';

const CONCURRENCY = 8;

export interface SimulatedConsumer {
  readonly name: string;
  readonly patterns: readonly string[];
  /** 0: its queue fills and waits. */
  readonly threads: number;
  readonly startFrom: 'new' | 'earliest';
}

export class SimulatedQueue {
  readonly record: Queue;
  readonly consumer: SimulatedConsumer | undefined;
  readonly shared: QueueShared;
  readonly threads: SimulatedThread[] = [];
  readonly #files: Files;
  readonly #journalDirectory: string;
  #alreadySettled: readonly Interval[] = [];
  #retries: readonly PendingRetry[] = [];
  #nextIncarnation = 1;
  #freshFrom = 0;

  constructor(files: Files, journalDirectory: string, record: Queue, consumer: SimulatedConsumer | undefined) {
    this.record = record;
    this.consumer = consumer;
    this.#files = files;
    this.#journalDirectory = journalDirectory;
    const threads = consumer?.threads ?? 0;
    this.shared = newQueue({ threads, mostInFlight: CONCURRENCY });
  }

  get name(): string {
    return this.record.name;
  }

  get forWriter(): WriterQueue {
    const { number, name, directory } = this.record;
    return {
      number,
      name,
      directory,
      shared: this.shared.buffer,
      shape: this.shared.shape,
      orderKey: undefined,
    };
  }

  get forRouter(): RoutedQueue {
    return { number: this.record.number, patterns: this.consumer?.patterns ?? [] };
  }

  /** What was settled when the hub started, from the cursor on. */
  get settledBefore(): SettledBefore {
    return { queue: this.record.number, intervals: this.#alreadySettled };
  }

  /** What the start has found of entries that failed and are not settled. */
  get retries(): readonly PendingRetry[] {
    return this.#retries;
  }

  get #settledDirectory(): string {
    return `${this.record.directory}/settled`;
  }

  restore(): void {
    const { number, directory } = this.record;
    const state = readSettledState(this.#files, this.#settledDirectory, number);
    this.#alreadySettled = restoreQueue(this.#files, directory, this.shared, state.settled);
    this.#retries = state.retries.filter(({ ordinal }) => ordinal < this.shared.enqueued.get());
    mergeLogs(this.#files, this.#settledDirectory, number, { ...state, retries: this.#retries });
    this.#nextIncarnation = state.nextIncarnation + 1;
  }

  startThreads(freshFrom: number): void {
    this.#freshFrom = freshFrom;
    for (let index = 0; index < (this.consumer?.threads ?? 0); index++) this.#startThread(index, [], []);
  }

  stopThreads(): void {
    for (const thread of this.threads) thread.close();
  }

  /** Puts another thread in the place of one that has ended in the middle of what it did. */
  replaceThread(index: number): void {
    const { returned, retries } = takeBackEntries({
      files: this.#files,
      queue: this.shared,
      queueNumber: this.record.number,
      settledDirectory: this.#settledDirectory,
      holder: index,
    });
    this.#startThread(index, returned, retries);
  }

  #startThread(index: number, returned: readonly Interval[], retries: readonly PendingRetry[]): void {
    this.threads[index] = new SimulatedThread({
      files: this.#files,
      journalDirectory: this.#journalDirectory,
      queueDirectory: this.record.directory,
      queueNumber: this.record.number,
      queue: this.shared,
      index,
      incarnation: this.#nextIncarnation++,
      returned,
      retries: [...this.#retries, ...retries],
      alreadySettled: this.#alreadySettled,
      freshFrom: this.#freshFrom,
    });
  }
}
