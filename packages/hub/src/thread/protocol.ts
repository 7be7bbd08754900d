// All that passes between the main thread and a consumer's thread as messages. Nothing here is per delivery:
// what is, goes through the queue's shared memory (queue/shared.ts).
import type { MessagePort } from 'node:worker_threads';
import type { ConsumerSettings } from '../consumer.js';
import type { ErrorData } from '../errors.js';
import type { Interval } from '../queue/interval-set.js';
import type { QueueShape } from '../queue/shared.js';
import type { PendingRetry } from '../settlement/settle-record.js';

/** What a consumer's thread is started with. */
export interface ConsumerTask {
  readonly consumer: string;
  readonly threadIndex: number;
  /** URL of the module whose default export is the consumer class. */
  readonly moduleUrl: string;
  readonly options: unknown;
  readonly hubId: string;
  readonly durable: boolean;
  readonly journalDirectory: string;
  readonly queueDirectory: string;
  /** Position at which this run of the hub began to write. */
  readonly freshFrom: number;
  readonly queueNumber: number;
  readonly shared: SharedArrayBuffer;
  readonly shape: QueueShape;
  readonly delivery: DeliverySettings;
  /** Its settle log is named for this. */
  readonly incarnation: number;
  /** Entries that an ended thread held: taken before any others. */
  readonly returned: readonly Interval[];
  /** Entries that had failed before this incarnation began and are not settled, with what is known of their attempts. */
  readonly retries: readonly PendingRetry[];
  /** Under `order: 'key'`: entries below this ordinal were enqueued with no key, or another one, in their index entries. */
  readonly keyedFrom: number;
  /** Entries from the cursor on that were settled before the hub started. */
  readonly alreadySettled: readonly Interval[];
  /**
   * After a hub that was killed or has crashed: deliveries of entries below this ordinal are written down as they begin.
   * 0 after a stop in order.
   */
  readonly cautiousBelow: number;
  /**
   * Whose turn it is to deliver a message which a crash of the hub is suspected of, drawn by compare-and-swap
   * (suspect-turns.ts). The main thread takes it back from an ended thread.
   */
  readonly suspectTurn: SharedArrayBuffer;
  /** The thread's number in {@link suspectTurn}, unique in the hub. */
  readonly suspectNumber: number;
  readonly maxMessageBytes: number;
  readonly log: LogSettings;
  readonly port: MessagePort;
}

/** How a consumer's messages are delivered. */
export interface DeliverySettings
  extends Pick<
    ConsumerSettings,
    | 'concurrency'
    | 'order'
    | 'orderKey'
    | 'retry'
    | 'maxRetrying'
    | 'timeoutMs'
    | 'rateLimit'
    | 'maxBatch'
    | 'maxWaitMs'
    | 'maxCrashes'
    | 'stallMs'
  > {
  /** Whether its class has `consumeBatch`. */
  readonly batch: boolean;
  /** Entries that one thread claims at once, at most: where the oldest that wait are taken out of a full queue, few. */
  readonly mostClaimed: number;
}

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'text' | 'json';
  readonly linesPerSecond: number;
}

export type ToThread =
  /** Finish what is in flight, and end. (The shared flag says the same to a thread that is busy.) */
  | { readonly type: 'stop' }
  /** The drain time is over: abort what waits for `context.signal`. */
  | { readonly type: 'abort' }
  /** What the thread published with this number is committed; the memory that it came in is the thread's again. */
  | { readonly type: 'published'; readonly batch: number; readonly memory: ArrayBuffer }
  | { readonly type: 'publish-failed'; readonly batch: number; readonly error: ErrorData };

export type FromThread =
  /** `open` has returned; deliveries begin. */
  | { readonly type: 'running' }
  /** The consumer asks to be stopped: its thread has ended what it had begun, and begins nothing more. */
  | { readonly type: 'halted'; readonly reason: string; readonly exitCode: number | undefined }
  /** The consumer could not be opened, or its loop failed: the thread is to be ended, and does nothing more. */
  | { readonly type: 'failed'; readonly opened: boolean; readonly error: ErrorData }
  /** Encoded DATA records that follow each other, to be enqueued in this order. */
  | { readonly type: 'publish'; readonly batch: number; readonly records: Uint8Array<ArrayBuffer> };
