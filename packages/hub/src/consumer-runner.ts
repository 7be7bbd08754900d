// What runs one consumer: wires its queue to its threads, and what these tell to the log, the events and the dead letters.
import type { ResolvedConfig } from './config.js';
import { type ControlledQueue, haltConsumer } from './consumer-control.js';
import { type ConsumerSpec, deliveryOf } from './consumer-specs.js';
import type { DataDirectory } from './data-directory.js';
import type { Enqueuer } from './enqueuer/enqueuer.js';
import type { Files } from './files/files.js';
import type { HubEmitter } from './hub-emitter.js';
import type { Interval } from './queue/interval-set.js';
import type { PendingRetry } from './settlement/settle-record.js';
import { tellOfStalls } from './stall-reports.js';
import type { HubLog } from './telemetry/log.js';
import type { ConsumerThreadsEvents } from './thread/consumer-options.js';
import { ConsumerThreads } from './thread/consumer-threads.js';
import { ConsumerProcess } from './thread/process/consumer-process.js';
import type { StallCounts } from './thread/stalls.js';
import type { SuspectTurns } from './thread/suspect-turns.js';
import type { Watchdog } from './thread/watchdog.js';

/** What runs a consumer's deliveries. */
export interface ConsumerRunner {
  /** Resolves when it runs, or has failed to and goes on trying. */
  start(): Promise<void>;
  /** Lets deliveries in flight finish within `drainTimeoutMs`, and ends. */
  stop(): Promise<void>;
  /** How often something of it ended by itself, or could not start, and was tried again. */
  readonly restarts: number;
  /** Why something of it is not running, in one line; undefined when all runs. */
  readonly problem: string | undefined;
  /** Whether something of it could not be ended, so that only the end of the hub's process ends it. */
  readonly stuck: boolean;
  /** Its threads that block their event loops. */
  readonly stalls: StallCounts;
  /** Memory that its own process has in use, in bytes; undefined where it has none. */
  readonly processResidentBytes?: number | undefined;
}

export interface RunnerEnvironment {
  readonly config: ResolvedConfig;
  readonly enqueuer: Enqueuer;
  readonly events: HubEmitter;
  readonly log: HubLog;
  /** One for all consumers. */
  readonly suspectTurns: SuspectTurns;
  /** The same. */
  readonly watchdog: Watchdog;
}

/** A queue, as far as its consumer's deliveries are wired to it. */
export interface RunnerQueue extends ControlledQueue {
  readonly keyedFrom: number;
  /** Takes out the dead letters that an ended thread wrote of entries that it had not settled. */
  takeOutLetters(writer: string, entries: readonly Interval[], log: HubLog): void;
}

export interface RunnerParts {
  readonly spec: ConsumerSpec;
  readonly queue: RunnerQueue;
  readonly files: Files;
  readonly directory: DataDirectory;
  readonly queueDirectory: string;
  readonly queueNumber: number;
  /** As in ConsumerThreadsOptions, all of these. */
  readonly firstIncarnation: number;
  readonly alreadySettled: readonly Interval[];
  readonly retries: readonly PendingRetry[];
  readonly cautiousBelow: number;
}

export function createConsumerRunner(parts: RunnerParts, environment: RunnerEnvironment): ConsumerRunner {
  const { spec, queue, files, directory, queueDirectory, queueNumber } = parts;
  const { firstIncarnation, alreadySettled, retries, cautiousBelow } = parts;
  const { config, enqueuer, events, log, suspectTurns, watchdog } = environment;
  const consumer = queue.name;
  const options = {
    consumer,
    moduleUrl: spec.moduleUrl,
    options: spec.options,
    delivery: deliveryOf(spec),
    hubId: directory.hubId,
    durable: !config.ephemeral,
    files,
    journalDirectory: directory.journal,
    queueDirectory,
    freshFrom: enqueuer.firstPosition,
    queueNumber,
    queue: queue.queue,
    firstIncarnation,
    alreadySettled,
    retries,
    cautiousBelow,
    keyedFrom: queue.keyedFrom,
    enqueuer,
    maxMessageBytes: config.maxMessageBytes,
    maxMemoryMb: spec.maxMemoryMb ?? config.maxThreadMemoryMb,
    killAfterMs: spec.killAfterMs,
    drainTimeoutMs: config.drainTimeoutMs,
    log: config.log,
  };
  const told = {
    started: (threadIndex) => events.emit('consumer:started', { consumer, threadIndex }),
    left: (threadIndex, entries) => queue.takeOutLetters(`t${threadIndex}`, entries, log),
    stopped: (threadIndex) => events.emit('consumer:stopped', { consumer, threadIndex }),
    ...tellOfStalls(consumer, { events, log }),
    failedAfterEnd: (error) => {
      log.warn(`consumer "${consumer}": something it left running failed after its end: ${error.message}`);
    },
    halted: (_threadIndex, reason, exitCode) => haltConsumer(queue, { reason, exitCode }, { events, log }),
    failed: (threadIndex, error, retryInMs) => {
      log.error(`consumer "${consumer}", thread ${threadIndex}: ${error.message}; started again in ${retryInMs} ms`, {
        code: error.code,
        stack: error.stack,
      });
      events.emit('consumer:failed', { consumer, threadIndex, error, retryInMs });
    },
  } satisfies ConsumerThreadsEvents;
  if (spec.isolation === 'thread') return new ConsumerThreads({ ...options, suspectTurns, watchdog }, told);
  return new ConsumerProcess(
    { ...options, lockDescriptor: directory.lockDescriptor },
    {
      ...told,
      processFailed: (error, retryInMs) => {
        log.error(`consumer "${consumer}": ${error.message}; started again in ${retryInMs} ms`, { code: error.code });
        events.emit('consumer:failed', { consumer, threadIndex: undefined, error, retryInMs });
      },
    },
  );
}
