// All that passes between the main thread and the journal thread: messages, and the memory they share.
import type { OrderKey } from '../consumer.js';
import type { ErrorData } from '../errors.js';
import type { Damage } from '../files/damage.js';
import type { JournalEnds } from '../files/hub-file.js';
import type { Interval } from '../queue/interval-set.js';
import type { QueueShape } from '../queue/shared.js';

/** A queue as the journal thread knows it. */
export interface WriterQueue {
  readonly number: number;
  readonly name: string;
  readonly directory: string;
  readonly shared: SharedArrayBuffer;
  readonly shape: QueueShape;
  /** What makes its messages belong together; undefined where they do not. */
  readonly orderKey: OrderKey | undefined;
}

/** Which segments stay although every queue has settled them; without either of the two, none. */
export interface Retention {
  /** Those whose last record is no older, in milliseconds. */
  readonly forMs?: number | undefined;
  /** No more than so many bytes; the oldest go first. */
  readonly bytes?: number | undefined;
}

/** What the journal thread is started with. */
export interface WriterData {
  readonly dataDirectory: string;
  readonly durable: boolean;
  /** Whether the last hub on this directory stopped as it should. */
  readonly clean: boolean;
  /** How far it had come then; undefined where nothing says so. */
  readonly ends: JournalEnds | undefined;
  readonly queues: readonly WriterQueue[];
  readonly retain: Retention;
  readonly shared: SharedArrayBuffer;
  readonly port: import('node:worker_threads').MessagePort;
}

export type ToWriter =
  /** Records, to be written in this order. The buffer is transferred and comes back when it is `pooled`. */
  | {
      readonly type: 'batch';
      readonly buffer: ArrayBuffer;
      readonly used: number;
      readonly pooled: boolean;
      readonly roll: boolean;
    }
  /** Let go of a queue that nothing is put into any more, and delete it. */
  | { readonly type: 'remove-queue'; readonly queue: number }
  /** Segments without unsettled entries may go from now on. */
  | { readonly type: 'release'; readonly settled: readonly SettledBefore[] }
  /** No segment is to go that holds anything from a position on, until `unpin`; of a known pin: from there on now. */
  | { readonly type: 'pin'; readonly pin: number; readonly from: number }
  | { readonly type: 'unpin'; readonly pin: number }
  /** Commit what is there, end the segment, and end. */
  | { readonly type: 'close' };

/** What of a queue was settled before the hub started, from the cursor on. */
export interface SettledBefore {
  readonly queue: number;
  readonly intervals: readonly Interval[];
}

/** What the journal thread found when it opened the journal. */
export interface OpenReport {
  /** Position of the next record. */
  readonly nextPosition: number;
  /** The torn end of the last segment, cut off. */
  readonly cut: CutReport | undefined;
  /** What was not as it was written, and what is lost of it. */
  readonly damage: readonly Damage[];
}

export interface CutReport {
  readonly segment: string;
  readonly keptBytes: number;
  readonly cutBytes: number;
}

export type FromWriter =
  | { readonly type: 'opened'; readonly report: OpenReport }
  | { readonly type: 'buffer'; readonly buffer: ArrayBuffer }
  | { readonly type: 'segment-removed'; readonly segment: string; readonly bytes: number }
  /** No start will know of the queue again; its files go as there is time. */
  | { readonly type: 'queue-removed'; readonly queue: number }
  /** From now on no segment goes that the pin holds. */
  | { readonly type: 'pinned'; readonly pin: number }
  | { readonly type: 'failed'; readonly error: ErrorData };

/** Slots of the memory that both share. */
export class WriterShared {
  static readonly BYTES = 256;
  /** i32, by main: batches handed over; the journal thread waits on it. */
  static readonly SUBMITTED = 0;
  /** i32, by the journal thread: batches committed. */
  static readonly COMMITTED = 16;
  /** i32, by the journal thread: changes whenever it has committed or posted something; main waits on it. */
  static readonly SIGNAL = 17;
  /** i32, by main: 1 while disk space is short, and no segment is to be kept to be written over. */
  static readonly SHORT_OF_SPACE = 1;

  /** f64, by the journal thread: bytes on disk in all segments and spare ones; number of segments; DATA records committed. */
  static readonly JOURNAL_BYTES = 16;
  static readonly SEGMENTS = 17;
  static readonly MESSAGES = 18;
  /** f64, by the journal thread: bytes of the spare segments among them; bytes of all index files. */
  static readonly SPARE_BYTES = 19;
  static readonly INDEX_BYTES = 20;
  /** f64, by the journal thread: bytes of the segments that no queue needs and that are retained. */
  static readonly RETAINED_BYTES = 21;

  readonly words: Int32Array;
  readonly numbers: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer, 0, 32);
    this.numbers = new Float64Array(buffer);
  }
}
