// All that passes between the main thread and a consumer's thread as messages. Nothing here is per delivery:
// what is, goes through the queue's shared memory (queue/shared.ts).
import type { MessagePort } from 'node:worker_threads';
import type { ErrorData } from '../errors.js';
import type { Interval } from '../queue/interval-set.js';

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
  readonly threads: number;
  readonly concurrency: number;
  /** Its settle log is named for this. */
  readonly incarnation: number;
  /** Entries that an ended thread held: taken before any others. */
  readonly returned: readonly Interval[];
  /** Entries from the cursor on that were settled before the hub started. */
  readonly alreadySettled: readonly Interval[];
  readonly maxMessageBytes: number;
  readonly log: LogSettings;
  readonly port: MessagePort;
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
  /** What the thread published with this number is committed. */
  | { readonly type: 'published'; readonly batch: number }
  | { readonly type: 'publish-failed'; readonly batch: number; readonly error: ErrorData };

export type FromThread =
  /** `open` has returned; deliveries begin. */
  | { readonly type: 'running' }
  /** The consumer could not be opened, or its loop failed: the thread is to be ended, and does nothing more. */
  | { readonly type: 'failed'; readonly opened: boolean; readonly error: ErrorData }
  /** Encoded DATA records that follow each other, to be enqueued in this order. */
  | { readonly type: 'publish'; readonly batch: number; readonly records: Uint8Array };
