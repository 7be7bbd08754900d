// The hub's queues: each with its consumer, where it has one, its shared memory, its threads and its gauges.
import { MOST_INTERVALS, type QueueStanding } from './admin/queues/standing.js';
import type { ResolvedConfig } from './config.js';
import type { ConsumerSpec } from './consumer-specs.js';
import type { DataDirectory } from './data-directory.js';
import { backfill } from './enqueuer/backfill/backfill.js';
import type { Enqueuer } from './enqueuer/enqueuer.js';
import type { SettledBefore, WriterQueue } from './enqueuer/protocol.js';
import type { RoutedQueue } from './enqueuer/router.js';
import { PenstockError } from './errors.js';
import type { Files } from './files/files.js';
import type { HubEmitter } from './hub-emitter.js';
import { RecordReader } from './journal/record-reader.js';
import type { LifecycleState } from './lifecycle.js';
import { unsettledIntervals } from './queue/held.js';
import { Entries, IndexReader } from './queue/index-reader.js';
import type { Interval } from './queue/interval-set.js';
import { restoreQueue } from './queue/queue-state.js';
import { type Queue, QueueRegistry } from './queue/registry.js';
import { QueueShared } from './queue/shared.js';
import { mergeLogs, readSettledState } from './settlement/settled-state.js';
import type { HubLog } from './telemetry/log.js';
import { QueueGauges } from './telemetry/queue-gauges.js';
import type { ConsumerSnapshot, ConsumerState } from './telemetry/snapshot.js';
import { ConsumerThreads } from './thread/consumer-threads.js';

/** How often a long search through the journal says how far it is. */
const PROGRESS_EVERY_MS = 2_000;

/**
 * - `run`: its consumer runs; `not-run`: left out on purpose, its queue fills
 * - `removed`: no longer in the config; it fills no further
 */
export type QueueStatus = 'run' | 'not-run' | 'removed';

/** Opens all queues of a data directory, and makes those of new consumers. */
export function openQueues(
  files: Files,
  directory: DataDirectory,
  specs: readonly ConsumerSpec[],
  only: readonly string[] | undefined,
): HubQueue[] {
  const registry = new QueueRegistry(files, directory.path);
  const begin = (nextNumber: number) => directory.begin(nextNumber);
  const { queues } = directory.writing(() => registry.open(specs, directory.nextQueueNumber, begin));
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

export interface ThreadEnvironment {
  readonly config: ResolvedConfig;
  readonly enqueuer: Enqueuer;
  readonly events: HubEmitter;
  readonly log: HubLog;
}

export class HubQueue {
  readonly spec: ConsumerSpec | undefined;
  readonly status: QueueStatus;
  readonly queue: QueueShared;
  readonly #storage: Storage;
  readonly #threadCount: number;
  readonly #concurrency: number;
  #record: Queue;
  #alreadySettled: readonly Interval[] = [];
  #nextIncarnation = 1;
  #gauges: QueueGauges | undefined;
  #threads: ConsumerThreads | undefined;

  constructor(storage: Storage, record: Queue, spec: ConsumerSpec | undefined, status: QueueStatus) {
    this.#storage = storage;
    this.#record = record;
    this.spec = spec;
    this.status = status;
    this.#threadCount = status === 'run' ? (spec?.threads ?? 0) : 0;
    this.#concurrency = spec?.concurrency ?? 1;
    const buffer = QueueShared.allocate(this.#threadCount, this.#concurrency);
    this.queue = new QueueShared(buffer, this.#threadCount, this.#concurrency);
  }

  get name(): string {
    return this.#record.name;
  }

  get threads(): ConsumerThreads | undefined {
    return this.#threads;
  }

  get forWriter(): WriterQueue {
    return {
      number: this.#record.number,
      name: this.name,
      directory: this.#record.directory,
      shared: this.queue.buffer,
      threads: this.#threadCount,
      concurrency: this.#concurrency,
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

  /** Once the journal thread has said how far the queue has come: sets what of it is settled. */
  restore(): void {
    const { files, records } = this.#storage;
    const settledDirectory = `${this.#record.directory}/settled`;
    const state = readSettledState(files, settledDirectory, this.#record.number);
    this.#alreadySettled = restoreQueue(files, this.#record.directory, this.queue, state.settled);
    mergeLogs(files, settledDirectory, this.#record.number, state);
    this.#nextIncarnation = state.nextIncarnation + 1;
    this.#gauges = new QueueGauges(files, records, this.#record.directory, this.queue);
  }

  /** Gives a queue that is to begin with what the journal holds just that; goes on where a search was cut off. */
  async backfill(enqueuer: Enqueuer, log: HubLog, stopAsked: () => boolean): Promise<void> {
    if (this.#record.backfill !== 'pending' || this.spec === undefined) return;
    const { directory, registry } = this.#storage;
    const until = enqueuer.nextPosition;
    let saidAtMs = performance.now();
    const request = {
      journalDirectory: directory.journal,
      patterns: this.spec.topics,
      from: this.#backfilledThrough(),
      until,
    };
    const found = await backfill(enqueuer, this.#record.number, request, {
      progress: (through, soFar) => {
        if (stopAsked()) throw new PenstockError('HUB_NOT_RUNNING', 'the hub was stopped while it started');
        if (performance.now() - saidAtMs < PROGRESS_EVERY_MS) return;
        saidAtMs = performance.now();
        const percent = Math.floor((100 * (through - request.from)) / Math.max(1, until - request.from));
        log.info(`consumer "${this.name}" starts from the earliest message: ${percent} % searched, ${soFar} found`);
      },
      damaged: (position, problem) => {
        log.error(
          `consumer "${this.name}" misses what lay in the journal from position ${position} to the end of its segment: a record has a wrong ${problem}`,
          { code: 'DATA_DAMAGED' },
        );
      },
    });
    this.#record = directory.writing(() => registry.backfilled(this.#record));
    log.info(`consumer "${this.name}" starts from the earliest message: ${found} found in the journal`);
  }

  createThreads({ config, enqueuer, events, log }: ThreadEnvironment): ConsumerThreads | undefined {
    const { spec } = this;
    if (spec === undefined || this.status !== 'run') return undefined;
    const { files, directory } = this.#storage;
    const consumer = this.name;
    this.#threads = new ConsumerThreads(
      {
        consumer,
        moduleUrl: spec.moduleUrl,
        options: spec.options,
        threads: spec.threads,
        concurrency: spec.concurrency,
        hubId: directory.hubId,
        durable: !config.ephemeral,
        files,
        journalDirectory: directory.journal,
        queueDirectory: this.#record.directory,
        freshFrom: enqueuer.firstPosition,
        queueNumber: this.#record.number,
        queue: this.queue,
        firstIncarnation: this.#nextIncarnation,
        alreadySettled: this.#alreadySettled,
        enqueuer,
        maxMessageBytes: config.maxMessageBytes,
        maxMemoryMb: config.maxThreadMemoryMb,
        drainTimeoutMs: config.drainTimeoutMs,
        log: config.log,
      },
      {
        started: (threadIndex) => events.emit('consumer:started', { consumer, threadIndex }),
        stopped: (threadIndex) => events.emit('consumer:stopped', { consumer, threadIndex }),
        failedAfterEnd: (error) => {
          log.warn(`consumer "${consumer}": something it left running failed after its end: ${error.message}`);
        },
        failed: (threadIndex, error, retryInMs) => {
          log.error(
            `consumer "${consumer}", thread ${threadIndex}: ${error.message}; started again in ${retryInMs} ms`,
            {
              code: error.code,
              stack: error.stack,
            },
          );
          events.emit('consumer:failed', { consumer, threadIndex, error, retryInMs });
        },
      },
    );
    return this.#threads;
  }

  sample(): void {
    this.#gauges?.sample();
  }

  snapshot(hub: LifecycleState): ConsumerSnapshot | undefined {
    const gauges = this.#gauges?.snapshot();
    if (gauges === undefined) return undefined;
    const problem = this.#threads?.problem;
    return {
      consumer: this.name,
      state: this.#state(hub, gauges.threads, problem),
      problem,
      topics: this.spec?.topics ?? [],
      restartsTotal: this.#threads?.restarts ?? 0,
      ...gauges,
    };
  }

  /** What `hub queue` shows of it; undefined until it is restored. */
  standing(hub: LifecycleState): QueueStanding | undefined {
    const snapshot = this.snapshot(hub);
    if (snapshot === undefined) return undefined;
    const { state, problem, threads, backlog, backlogBytes, inFlight, oldestMessageAgeSeconds } = snapshot;
    const { number, name, added, topics } = this.#record;
    const gauges = { state, problem, threads, backlog, backlogBytes, inFlight, oldestMessageAgeSeconds };
    return { number, name, added, topics: this.spec?.topics ?? topics, ...gauges };
  }

  /** Which of its entries are unsettled at this moment. */
  unsettled(): Interval[] {
    return unsettledIntervals(this.queue, this.#alreadySettled, MOST_INTERVALS);
  }

  /** Closes the files; what was read last can still be shown. */
  close(): void {
    this.#gauges?.close();
  }

  #state(hub: LifecycleState, threads: ConsumerSnapshot['threads'], problem: string | undefined): ConsumerState {
    if (this.status !== 'run') return this.status;
    if (problem !== undefined) return 'failed';
    if (threads.running === this.#threadCount) return 'running';
    return hub === 'starting' || (hub === 'running' && threads.starting > 0) ? 'starting' : 'stopped';
  }

  /** The position after the last message that an earlier search put into the queue. */
  #backfilledThrough(): number {
    const enqueued = this.queue.enqueued.get();
    if (enqueued === 0) return 0;
    const reader = new IndexReader(this.#storage.files, this.#record.directory);
    try {
      const last = new Entries();
      reader.read(enqueued - 1, 1, last);
      return last.count === 0 ? 0 : (last.positions[0] as number) + (last.lengths[0] as number);
    } finally {
      reader.close();
    }
  }
}
