// All that passes between a consumer's own process, the relay thread beside it in the hub, and the hub's main thread.
// Nothing here is per delivery: what is, stays in the process.
import type { MessagePort } from 'node:worker_threads';
import type { ErrorData } from '../../errors.js';
import type { QueueShape } from '../../queue/shared.js';
import type { ConsumerThreadsEvents, ConsumerThreadsOptions } from '../consumer-options.js';
import type { FromThread, ToThread } from '../protocol.js';
import type { StallCounts } from '../stalls.js';
import type { QueueMirror } from './mirror.js';

/** What the process is started with: what its threads need, but for what cannot leave the hub. */
export interface ProcessTask
  extends Omit<ConsumerThreadsOptions, 'files' | 'queue' | 'suspectTurns' | 'enqueuer' | 'watchdog'> {
  readonly shape: QueueShape;
}

/** Something that the threads in the process tell, as the hub's own would: a method's name and what it is called with. */
export type ThreadEvent = {
  [Name in ToldName]: { readonly name: Name; readonly args: Parameters<ConsumerThreadsEvents[Name]> };
}[ToldName];

/** A thread that is stuck is the process's end, which the hub tells of itself. */
type ToldName = Exclude<keyof ConsumerThreadsEvents, 'stuck'>;

/** How the threads in the process do, beside what the mirror says. */
export interface ThreadsStanding {
  readonly restarts: number;
  readonly problem: string | undefined;
  readonly stalls: StallCounts;
}

export type ToChild =
  /** First. `memory` is what the hub's memory of the queue says. */
  | { readonly type: 'run'; readonly task: ProcessTask; readonly memory: Uint8Array }
  /** How far the queue has come, and whether deliveries are held back. */
  | {
      readonly type: 'queue';
      readonly enqueued: number;
      readonly enqueuedBytes: number;
      readonly paused: boolean;
    }
  /** The hub knows of a consumer's halt; whether deliveries are held back is the hub's word again. */
  | { readonly type: 'halt-noted' }
  | { readonly type: 'published'; readonly batch: number }
  | { readonly type: 'publish-failed'; readonly batch: number; readonly error: ErrorData }
  /** Finish what is in flight, and end. */
  | { readonly type: 'stop' };

export type FromChild =
  | { readonly type: 'mirror'; readonly mirror: QueueMirror; readonly standing: ThreadsStanding }
  | { readonly type: 'event'; readonly event: ThreadEvent }
  /** Encoded DATA records that follow each other, to be enqueued in this order. */
  | { readonly type: 'publish'; readonly batch: number; readonly records: Uint8Array }
  /** A thread cannot be ended: the process is to be killed. The mirror before this says what the thread was at. */
  | { readonly type: 'stuck'; readonly threadIndex: number }
  /** All threads have ended; the last mirror has been sent. */
  | { readonly type: 'ended' };

/** What the relay thread is started with. */
export interface RelayData {
  readonly task: ProcessTask;
  /** The hub's memory of the queue. */
  readonly shared: SharedArrayBuffer;
  /** The process is killed when its resident memory is over this, in MiB. */
  readonly residentLimitMb: number;
  /** … or when it does not answer for so long, in milliseconds; false for never. */
  readonly killAfterMs: number | false;
  /** Of the data directory's lock, which is held as long as the process lives; undefined where there is none. */
  readonly lockDescriptor: number | undefined;
  readonly port: MessagePort;
}

export type ToRelay = Extract<ToChild, { type: 'halt-noted' | 'stop' }> | ToThread;

export type FromRelay =
  | Extract<FromThread, { type: 'publish' }>
  | Extract<FromChild, { type: 'event' }>
  | { readonly type: 'standing'; readonly standing: ThreadsStanding }
  /** The process has begun. */
  | { readonly type: 'begun'; readonly pid: number }
  /** Its resident memory, in bytes. */
  | { readonly type: 'resident'; readonly bytes: number }
  /** The process is gone, and all that it said has been passed on. */
  | { readonly type: 'gone'; readonly end: ProcessEnd };

/** How a process ended. */
export interface ProcessEnd {
  /** Whether it had been told to, and had stopped all of its threads. */
  readonly inOrder: boolean;
  /** In one line. */
  readonly why: string;
  /** By thread, the ordinals that were in flight, where that is known: in a thread that could not be ended. */
  readonly inFlight: readonly (readonly number[])[];
}
