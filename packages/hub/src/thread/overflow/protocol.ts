// All that passes between the main thread and the overflow thread as messages; which entries it has taken out stands in
// the queues' shared memory.
import type { MessagePort } from 'node:worker_threads';
import type { MaxBacklog, OrderKey, WhenFull } from '../../consumer.js';
import type { Interval } from '../../queue/interval-set.js';
import type { QueueShape } from '../../queue/shared.js';
import type { PendingRetry } from '../../settlement/settle-record.js';

/** A queue whose oldest entries are taken out when it is full. */
export interface OverflowTask {
  readonly consumer: string;
  readonly queueNumber: number;
  readonly queueDirectory: string;
  readonly shared: SharedArrayBuffer;
  readonly shape: QueueShape;
  readonly maxBacklog: MaxBacklog;
  readonly whenFull: Exclude<WhenFull, 'block'>;
  readonly orderKey: OrderKey | undefined;
  /** The ordinal from which on index entries carry the hash of that key. */
  readonly keyedFrom: number;
  /** Its settle log and its dead letters are named for this. */
  readonly incarnation: number;
  /** Entries from the cursor on that were settled before the hub started. */
  readonly alreadySettled: readonly Interval[];
  /** Entries that an ended incarnation held: taken out before any others. */
  readonly returned: readonly Interval[];
  /** Of those, what is known of the ones that had failed. */
  readonly retries: readonly PendingRetry[];
}

/** What the thread is started with. */
export interface OverflowData {
  readonly queues: readonly OverflowTask[];
  readonly durable: boolean;
  readonly journalDirectory: string;
  /** Position at which this run of the hub began to write. */
  readonly freshFrom: number;
  readonly port: MessagePort;
}

/** Write down what was taken out, and end. */
export type ToOverflow = 'stop';

/** A line for the hub's log: few, however many entries are taken out. */
export interface FromOverflow {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}
