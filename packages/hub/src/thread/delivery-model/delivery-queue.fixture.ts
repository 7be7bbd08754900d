// One queue of the simulated hub: its shared memory, what of it is settled, its dead letters, and its lanes. Each is
// started, taken back and stopped as the hub does it.
import type { BatchConsumer, Consumer, ConsumerSettings } from '../../consumer.js';
import { type ConsumerSpec, deliveryOf, shapeOf } from '../../consumer-specs.js';
import { DeadLetterStore } from '../../dead-letters/dead-letter-store.js';
import { findLetters, type ListedLetter } from '../../dead-letters/letter-search.js';
import type { Enqueuer } from '../../enqueuer/enqueuer.js';
import type { SettledBefore, WriterQueue } from '../../enqueuer/protocol.js';
import type { RoutedQueue } from '../../enqueuer/router.js';
import type { Files } from '../../files/files.js';
import { DeliveryGate } from '../../queue/delivery-gate.js';
import { claimedBelow, unsettledIntervals } from '../../queue/held.js';
import { type Interval, IntervalSet } from '../../queue/interval-set.js';
import { restoreQueue } from '../../queue/queue-state.js';
import type { Queue, QueueRegistry } from '../../queue/registry.js';
import { QueueShared, ThreadShared } from '../../queue/shared.js';
import { cautiousBelow, withCrashed } from '../../settlement/hub-crash.js';
import type { PendingRetry } from '../../settlement/settle-record.js';
import { mergeLogs, readSettledState, type SettledState } from '../../settlement/settled-state.js';
import type { ConsumerTask } from '../protocol.js';
import { takeBackEntries } from '../returned-entries.js';
import type { SuspectTurns } from '../suspect-turns.js';
import { DeliveryLane } from './delivery-lane.fixture.js';

export const HUB_ID = 'hub';

/** A consumer as a sequence has it. */
export interface ModelConsumer {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly batch: boolean;
  readonly settings: Omit<ConsumerSettings, 'options'>;
}

export interface DeliveryQueueOptions {
  readonly files: Files;
  readonly registry: QueueRegistry;
  readonly journalDirectory: string;
  readonly record: Queue;
  readonly suspectTurns: SuspectTurns;
  readonly consumer: ModelConsumer;
  /** Makes the consumer of a lane. */
  readonly instance: (queue: DeliveryQueue, lane: DeliveryLane) => Consumer | BatchConsumer;
}

export class DeliveryQueue {
  readonly consumer: ModelConsumer;
  readonly shared: QueueShared;
  readonly gate: DeliveryGate;
  readonly lanes: DeliveryLane[] = [];
  /** What the settle logs said when it was restored. */
  state!: SettledState;
  readonly #options: DeliveryQueueOptions;
  readonly #spec: ConsumerSpec;
  #record: Queue;
  #store!: DeadLetterStore;
  #alreadySettled: readonly Interval[] = [];
  #retries: readonly PendingRetry[] = [];
  #nextIncarnation = 1;
  #cautiousBelow = 0;
  readonly #suspectNumbers: readonly number[];
  #enqueuer!: Enqueuer;

  constructor(options: DeliveryQueueOptions) {
    const { consumer, record, registry } = options;
    this.#options = options;
    this.#record = record;
    this.consumer = consumer;
    this.#spec = { ...consumer.settings, batch: consumer.batch } as unknown as ConsumerSpec;
    const shape = shapeOf(this.#spec, true);
    this.#suspectNumbers = Array.from({ length: shape.threads }, () => options.suspectTurns.register());
    this.shared = new QueueShared(QueueShared.allocate(shape), shape);
    this.gate = new DeliveryGate(this.shared, record.paused, (pause) => registry.notePaused(record, pause));
  }

  get name(): string {
    return this.#record.name;
  }

  get number(): number {
    return this.#record.number;
  }

  get directory(): string {
    return this.#record.directory;
  }

  get forWriter(): WriterQueue {
    const { number, name, directory, orderKey } = this.#record;
    return { number, name, directory, shared: this.shared.buffer, shape: this.shared.shape, orderKey };
  }

  get forRouter(): RoutedQueue {
    return { number: this.number, patterns: this.consumer.patterns };
  }

  get settledBefore(): SettledBefore {
    return { queue: this.number, intervals: this.#alreadySettled };
  }

  /** How many dead letters are kept, by what the hub counts. */
  get deadLetters(): number {
    return this.#store.kept + this.counted(ThreadShared.DEAD) + this.counted(ThreadShared.DEAD_ATTEMPTS);
  }

  /** What a slot of all holders' numbers adds up to. */
  counted(slot: number): number {
    return this.shared.holders.reduce((sum, { numbers }) => sum + (numbers[slot] as number), 0);
  }

  /** What its logs say. */
  readSettled(): SettledState {
    this.state = readSettledState(this.#options.files, this.#settledDirectory, this.number);
    return this.state;
  }

  /** Whether the delivery of an entry is taken to have ended the hub or, as it was restored, a thread. */
  isSuspect(ordinal: number): boolean {
    return this.#retries.some((retry) => retry.ordinal === ordinal && retry.crashes > 0);
  }

  /** Once the journal says how far it has come. */
  restore(isClean: boolean, crashed: readonly PendingRetry[]): void {
    const { files, registry } = this.#options;
    const { number: queueNumber, directory } = this.#record;
    this.#alreadySettled = restoreQueue(files, directory, this.shared, this.state.settled);
    const enqueued = this.shared.enqueued.get();
    this.#cautiousBelow = isClean ? 0 : cautiousBelow(this.state.settled, enqueued, this.shared.shape);
    const isKeyNew = this.#record.orderKey !== undefined && this.#record.keyedFrom === undefined;
    if (isKeyNew) this.#record = registry.keyed(this.#record, enqueued);
    this.#retries = withCrashed(this.state.retries, crashed).filter(({ ordinal }) => ordinal < enqueued);
    mergeLogs(files, this.#settledDirectory, queueNumber, { ...this.state, retries: this.#retries });
    this.#nextIncarnation = this.state.nextIncarnation + 1;
    this.#store = new DeadLetterStore({ files, directory, queueNumber }, this.state.settled);
  }

  startLanes(enqueuer: Enqueuer): void {
    this.#enqueuer = enqueuer;
    for (let index = 0; index < this.consumer.settings.threads; index++) this.#startLane(index, [], this.#retries);
  }

  /** Puts another lane in the place of one that has ended by itself. @param takenBack Called in between. */
  replaceLane(index: number, takenBack: () => void): void {
    const { files } = this.#options;
    const thread = this.shared.threads[index] as ThreadShared;
    const settledDirectory = this.#settledDirectory;
    const ended = { files, queue: this.shared, queueNumber: this.number, settledDirectory, holder: index };
    this.#options.suspectTurns.takeBack(this.#suspectNumbers[index] as number);
    const { returned, retries } = takeBackEntries(ended);
    const cursor = claimedBelow(this.shared, thread);
    this.#store.takeOut(`t${index}`, returned, (error) => {
      throw error;
    });
    takenBack();
    this.#startLane(index, returned, [...retries, ...this.#retries.filter(({ ordinal }) => ordinal >= cursor)]);
  }

  /** All dead letters, found as the command finds them. */
  findLetters(): readonly ListedLetter[] {
    const settled = this.shared.shape.partitioned
      ? readSettledState(this.#options.files, this.#settledDirectory, this.number).settled
      : this.#alreadySettled;
    const unsettled = IntervalSet.of(unsettledIntervals(this.shared, [...settled], Number.POSITIVE_INFINITY));
    const enqueued = this.shared.enqueued.get();
    const isSettled = (ordinal: number) => ordinal < enqueued && !unsettled.has(ordinal);
    const { directory, number: queueNumber } = this;
    return findLetters({ files: this.#options.files, directory, queueNumber, filter: {}, isSettled, most: 1e6 })
      .letters;
  }

  readLetter(letter: ListedLetter): ReturnType<DeadLetterStore['read']> {
    return this.#store.read(letter);
  }

  removeLetters(letters: readonly ListedLetter[]): number {
    return this.#store.remove(letters);
  }

  close(): void {
    this.#store.close();
  }

  get #settledDirectory(): string {
    return `${this.directory}/settled`;
  }

  #startLane(index: number, returned: readonly Interval[], retries: readonly PendingRetry[]): void {
    const { files, journalDirectory, instance } = this.#options;
    const task = {
      consumer: this.name,
      threadIndex: index,
      options: undefined,
      hubId: HUB_ID,
      journalDirectory,
      queueDirectory: this.directory,
      freshFrom: this.#enqueuer.firstPosition,
      queueNumber: this.number,
      delivery: deliveryOf(this.#spec),
      incarnation: this.#nextIncarnation++,
      returned,
      retries,
      keyedFrom: this.#record.keyedFrom ?? 0,
      alreadySettled: this.#alreadySettled,
      cautiousBelow: this.#cautiousBelow,
      suspectTurn: this.#options.suspectTurns.buffer,
      suspectNumber: this.#suspectNumbers[index],
    } as unknown as ConsumerTask;
    const lane = new DeliveryLane({
      files,
      task,
      queue: this.shared,
      enqueuer: this.#enqueuer,
      consumer: (each) => instance(this, each),
      halted: (reason) => this.gate.halt(reason),
    });
    this.lanes[index] = lane;
    lane.start();
  }
}
