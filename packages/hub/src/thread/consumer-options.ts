// What a consumer's threads are made of, what they tell, and the task that one of them is given.
import type { MessagePort } from 'node:worker_threads';
import type { ErrorData } from '../errors.js';
import type { Files } from '../files/files.js';
import type { Interval } from '../queue/interval-set.js';
import type { QueueShared } from '../queue/shared.js';
import type { PendingRetry } from '../settlement/settle-record.js';
import type { ConsumerTask, DeliverySettings, LogSettings } from './protocol.js';
import type { PublishTarget } from './publishes.js';
import type { StallsEvents } from './stalls.js';
import type { SuspectTurns } from './suspect-turns.js';
import type { Watchdog } from './watchdog.js';

export interface ConsumerThreadsOptions {
  readonly consumer: string;
  readonly moduleUrl: string;
  readonly options: unknown;
  readonly delivery: DeliverySettings;
  readonly hubId: string;
  readonly durable: boolean;
  readonly files: Files;
  readonly journalDirectory: string;
  readonly queueDirectory: string;
  readonly freshFrom: number;
  readonly queueNumber: number;
  readonly queue: QueueShared;
  /** The first incarnation's number that no settle log of the queue bears. */
  readonly firstIncarnation: number;
  readonly alreadySettled: readonly Interval[];
  /** Entries that had failed before the hub started and are not settled. */
  readonly retries: readonly PendingRetry[];
  /** As in {@link ConsumerTask}, both. */
  readonly keyedFrom: number;
  readonly cautiousBelow: number;
  readonly suspectTurns: SuspectTurns;
  readonly enqueuer: PublishTarget;
  readonly maxMessageBytes: number;
  readonly maxMemoryMb: number;
  /** As in ConsumerSettings. */
  readonly killAfterMs: number | false;
  /** One for all consumers. */
  readonly watchdog: Watchdog;
  readonly drainTimeoutMs: number;
  readonly log: LogSettings;
}

export interface ConsumerThreadsEvents extends StallsEvents {
  started(threadIndex: number): void;
  failed(threadIndex: number, error: ErrorData, retryInMs: number): void;
  stopped(threadIndex: number): void;
  /** It has ended and left these entries, which its successor delivers again. */
  left(threadIndex: number, entries: readonly Interval[]): void;
  /** Its consumer asks to be stopped. */
  halted(threadIndex: number, reason: string, exitCode: number | undefined): void;
  /** It was told to end, and could not be. */
  stuck(threadIndex: number): void;
  /** Something that a consumer had left running failed when it had ended already. */
  failedAfterEnd(error: ErrorData): void;
}

/** The task of one incarnation of one thread. */
export function taskOf(
  options: ConsumerThreadsOptions,
  place: {
    readonly index: number;
    readonly suspectNumber: number;
    readonly returned: readonly Interval[];
    readonly retries: readonly PendingRetry[];
  },
  incarnation: number,
  port: MessagePort,
): ConsumerTask {
  return {
    consumer: options.consumer,
    threadIndex: place.index,
    moduleUrl: options.moduleUrl,
    options: options.options,
    hubId: options.hubId,
    durable: options.durable,
    journalDirectory: options.journalDirectory,
    queueDirectory: options.queueDirectory,
    freshFrom: options.freshFrom,
    queueNumber: options.queueNumber,
    shared: options.queue.buffer,
    shape: options.queue.shape,
    delivery: options.delivery,
    incarnation,
    returned: place.returned,
    retries: place.retries,
    keyedFrom: options.keyedFrom,
    cautiousBelow: options.cautiousBelow,
    suspectTurn: options.suspectTurns.buffer,
    suspectNumber: place.suspectNumber,
    alreadySettled: options.alreadySettled,
    maxMessageBytes: options.maxMessageBytes,
    log: options.log,
    port,
  };
}
