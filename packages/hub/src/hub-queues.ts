// The hub's queues: each with its consumer, where it has one, its shared memory, its threads and its gauges.
import { MOST_INTERVALS, type QueueStanding } from './admin/queues/standing.js';
import { type ConsumerRunner, createConsumerRunner, type RunnerEnvironment } from './consumer-runner.js';
import { type ConsumerSpec, shapeOf } from './consumer-specs.js';
import type { DataDirectory } from './data-directory.js';
import { DeadLetterStore } from './dead-letters/dead-letter-store.js';
import type { SettledBefore, WriterQueue } from './enqueuer/protocol.js';
import type { RoutedQueue } from './enqueuer/router.js';
import type { OnDamage } from './files/damage.js';
import type { Files } from './files/files.js';
import type { QueueAudit } from './integrity/audit.js';
import { auditLive } from './integrity/live-audit.js';
import { RecordReader } from './journal/record-reader.js';
import type { LifecycleState } from './lifecycle.js';
import { DeliveryGate } from './queue/delivery-gate.js';
import { unsettledIntervals } from './queue/held.js';
import type { Interval } from './queue/interval-set.js';
import { oldestOrdinal, restoreQueue } from './queue/queue-state.js';
import { type Queue, QueueRegistry } from './queue/registry.js';
import { NO_THREADS, QueueShared } from './queue/shared.js';
import { type BackfillEnvironment, checkStarts, fillFromJournal } from './queue-backfill.js';
import { asideOfLogs, damagedLetters } from './queue-damage.js';
import { cautiousBelow, withCrashed } from './settlement/hub-crash.js';
import type { PendingRetry, Tally } from './settlement/settle-record.js';
import { mergeLogs, readSettledState, type SettledState } from './settlement/settled-state.js';
import type { HubLog } from './telemetry/log.js';
import { QueueGauges } from './telemetry/queue-gauges.js';
import type { ConsumerSnapshot, ConsumerState } from './telemetry/snapshot.js';
import { NO_STALLS } from './thread/stalls.js';

/**
 * - `run`: its consumer runs; `not-run`: left out on purpose, its queue fills
 * - `removed`: no longer in the config; it fills no further
 */
export type QueueStatus = 'run' | 'not-run' | 'removed';

/** Opens all queues of a data directory, and makes those of new consumers. @param damaged Told of damage. */
export function openQueues(
  files: Files,
  directory: DataDirectory,
  specs: readonly ConsumerSpec[],
  only: readonly string[] | undefined,
  damaged: OnDamage,
): HubQueue[] {
  const registry = new QueueRegistry(files, directory.path);
  checkStarts({ files, journalDirectory: directory.journal }, specs, registry.list());
  const begin = (nextNumber: number) => {
    for (const damage of directory.begin(nextNumber)) damaged(damage);
  };
  const { queues } = directory.writing(() => registry.open(specs, directory.nextQueueNumber, begin, damaged));
  const records = new RecordReader(files, directory.journal, Number.POSITIVE_INFINITY);
  return queues.map((queue) => {
    const spec = specs.find(({ name }) => name === queue.name);
    const status = spec === undefined ? 'removed' : (only?.includes(queue.name) ?? true) ? 'run' : 'not-run';
    return new HubQueue({ files, directory, registry, records }, queue, spec, status);
  });
}

/** Where a queue's files are reached. */
interface Storage {
  readonly files: Files;
  readonly directory: DataDirectory;
  readonly registry: QueueRegistry;
  /** Reads the journal, for what the queues show. */
  readonly records: RecordReader;
}

export class HubQueue {
  readonly spec: ConsumerSpec | undefined;
  readonly status: QueueStatus;
  readonly queue: QueueShared;
  readonly gate: DeliveryGate;
  readonly #storage: Storage;
  #record: Queue;
  #alreadySettled: readonly Interval[] = [];
  #retries: readonly PendingRetry[] = [];
  #talliesBefore: readonly Tally[] = [];
  #cautiousBelow = 0;
  #nextIncarnation = 1;
  #gauges: QueueGauges | undefined;
  #deadLetters: DeadLetterStore | undefined;
  #runner: ConsumerRunner | undefined;

  constructor(storage: Storage, record: Queue, spec: ConsumerSpec | undefined, status: QueueStatus) {
    this.#storage = storage;
    this.#record = record;
    this.spec = spec;
    this.status = status;
    const shape = spec === undefined ? NO_THREADS : shapeOf(spec, status === 'run');
    this.queue = new QueueShared(QueueShared.allocate(shape), shape);
    this.gate = new DeliveryGate(this.queue, record.paused, (pause) =>
      storage.directory.writing(() => storage.registry.notePaused(record, pause)),
    );
  }

  get name(): string {
    return this.#record.name;
  }

  get runner(): ConsumerRunner | undefined {
    return this.#runner;
  }

  /** Its dead letters; undefined until it is restored. */
  get deadLetters(): DeadLetterStore | undefined {
    return this.#deadLetters;
  }

  get forWriter(): WriterQueue {
    return {
      number: this.#record.number,
      name: this.name,
      directory: this.#record.directory,
      shared: this.queue.buffer,
      shape: this.queue.shape,
      // That of the last one too: what of its index files is made anew has to carry the hashes it had.
      orderKey: this.#record.orderKey,
    };
  }

  get number(): number {
    return this.#record.number;
  }

  get forRouter(): RoutedQueue {
    return { number: this.#record.number, patterns: this.spec?.topics ?? [] };
  }

  get settledBefore(): SettledBefore {
    return { queue: this.#record.number, intervals: this.#alreadySettled };
  }

  /** The first incarnation's number that no settle log of the queue bears. */
  get firstIncarnation(): number {
    return this.#nextIncarnation;
  }

  /** The ordinal from which on index entries carry the hash of the order key. */
  get keyedFrom(): number {
    return this.#record.keyedFrom ?? 0;
  }

  /** What its logs say. */
  readSettled(): SettledState {
    return readSettledState(this.#storage.files, this.#settledDirectory, this.#record.number);
  }

  /**
   * Once the journal thread has said how far the queue has come: sets what of it is settled.
   *
   * @param state What its logs say.
   * @param crashed What a crash of the last hub is put down to, with that crash counted.
   * @param damaged Told of settle logs and files of dead letters that are not what was written.
   */
  restore(state: SettledState, crashed: readonly PendingRetry[], damaged: OnDamage): void {
    const { files, directory, registry, records } = this.#storage;
    const settledDirectory = this.#settledDirectory;
    const { number: queueNumber, directory: queueDirectory } = this.#record;
    const enqueued = this.queue.enqueued.get();
    if (state.damaged.length > 0) state.settled.add(0, oldestOrdinal(files, this.#record.directory, enqueued));
    this.#alreadySettled = restoreQueue(files, this.#record.directory, this.queue, state.settled);
    this.#cautiousBelow = directory.wasClean ? 0 : cautiousBelow(state.settled, enqueued, this.queue.shape);
    const isKeyNew = this.#record.orderKey !== undefined && this.#record.keyedFrom === undefined;
    if (isKeyNew) this.#record = registry.keyed(this.#record, enqueued);
    this.#retries = withCrashed(state.retries, crashed).filter(({ ordinal }) => ordinal < enqueued);
    this.#talliesBefore = state.tallies;
    const merged = { ...state, retries: this.#retries };
    const parts = { files, dataDirectory: directory.path, consumer: this.name, queueDirectory, damaged };
    mergeLogs(files, settledDirectory, queueNumber, merged, asideOfLogs(parts));
    this.#nextIncarnation = state.nextIncarnation + 1;
    this.#gauges = new QueueGauges(files, records, this.#record.directory, this.queue);
    const letters = { files, directory: queueDirectory, queueNumber, ...damagedLetters(parts) };
    this.#deadLetters = new DeadLetterStore(letters, state.settled, state.dead);
  }

  /** Gives a queue that is to begin with what the journal holds just that; goes on where a search was cut off. */
  async backfill(environment: BackfillEnvironment): Promise<void> {
    if (this.#record.backfill !== 'pending' || this.spec === undefined) return;
    const { files, directory, registry } = this.#storage;
    const { topics } = this.spec;
    const queue = { ...this.#record, topics, enqueued: this.queue.enqueued.get() };
    await fillFromJournal(queue, { files, journalDirectory: directory.journal }, environment);
    this.#record = directory.writing(() => registry.backfilled(this.#record));
  }

  /** Makes what runs its consumer; undefined where nothing is to run. */
  createRunner(environment: RunnerEnvironment): ConsumerRunner | undefined {
    const { spec } = this;
    if (spec === undefined || this.status !== 'run') return undefined;
    const { files, directory } = this.#storage;
    this.#runner = createConsumerRunner(
      {
        spec,
        queue: this,
        files,
        directory,
        queueDirectory: this.#record.directory,
        queueNumber: this.#record.number,
        firstIncarnation: this.#nextIncarnation,
        alreadySettled: this.#alreadySettled,
        retries: this.#retries,
        cautiousBelow: this.#cautiousBelow,
      },
      environment,
    );
    return this.#runner;
  }

  /** Takes out the dead letters that an ended thread wrote of entries that it had not settled: these come again. */
  takeOutLetters(writer: string, entries: readonly Interval[], log: HubLog): void {
    this.#deadLetters?.takeOut(writer, entries, ({ message }) =>
      log.warn(`consumer "${this.name}" may show dead letters of messages that are delivered again: ${message}`),
    );
  }

  sample(): void {
    this.#gauges?.sample();
  }

  snapshot(hub: LifecycleState): ConsumerSnapshot | undefined {
    const gauges = this.#gauges?.snapshot();
    if (gauges === undefined) return undefined;
    const problem = this.gate.halted?.reason ?? this.#runner?.problem;
    const stalls = this.#runner?.stalls ?? NO_STALLS;
    return {
      consumer: this.name,
      state: this.#state(hub, gauges.threads, problem, stalls.stalled.length > 0),
      problem,
      paused: this.gate.paused,
      topics: this.spec?.topics ?? [],
      restartsTotal: this.#runner?.restarts ?? 0,
      isolation: this.spec?.isolation ?? 'thread',
      processResidentBytes: this.#runner?.processResidentBytes,
      ...stalls,
      deadLetters: (this.#deadLetters?.kept ?? 0) + gauges.settledTotal.deadLettered,
      ...gauges,
    };
  }

  /** What `hub queue` shows of it; undefined until it is restored. */
  standing(hub: LifecycleState): QueueStanding | undefined {
    const snapshot = this.snapshot(hub);
    if (snapshot === undefined) return undefined;
    const { state, problem, threads, backlog, backlogBytes, inFlight, deadLetters, oldestMessageAgeSeconds } = snapshot;
    const { number, name, added, topics } = this.#record;
    const gauges = { state, problem, threads, backlog, backlogBytes, inFlight, deadLetters, oldestMessageAgeSeconds };
    return { number, name, added, topics: this.spec?.topics ?? topics, ...gauges };
  }

  /** Which of its entries are unsettled at this moment. */
  unsettled(): Interval[] {
    return unsettledIntervals(this.queue, this.#settledFromCursor(), MOST_INTERVALS);
  }

  /** Its account since there is the queue; undefined until it is restored. */
  audit(): QueueAudit | undefined {
    if (this.#gauges === undefined) return undefined;
    const { name, number, queue } = this;
    const settledFromCursor = this.#settledFromCursor();
    return auditLive({ name, number, queue, talliesBefore: this.#talliesBefore, settledFromCursor });
  }

  get #settledDirectory(): string {
    return `${this.#record.directory}/settled`;
  }

  /** What is settled from the cursor on: before the start, and by threads whose own cursor is ahead of another's. */
  #settledFromCursor(): readonly Interval[] {
    if (!this.queue.shape.partitioned) return this.#alreadySettled;
    return [...this.readSettled().settled];
  }

  /** Closes the files; what was read last can still be shown. */
  close(): void {
    this.#gauges?.close();
    this.#deadLetters?.close();
  }

  #state(
    hub: LifecycleState,
    threads: ConsumerSnapshot['threads'],
    problem: string | undefined,
    isStalled: boolean,
  ): ConsumerState {
    if (this.status !== 'run') return this.status;
    if (hub === 'running' && this.gate.closedBy !== undefined) return this.gate.closedBy;
    if (problem !== undefined) return 'failed';
    if (isStalled) return 'stalled';
    if (threads.running === this.queue.shape.threads) return 'running';
    return hub === 'starting' || (hub === 'running' && threads.starting > 0) ? 'starting' : 'stopped';
  }
}
