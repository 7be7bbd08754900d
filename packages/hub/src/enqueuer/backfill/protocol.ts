// What passes between the main thread and a backfill's thread.
import type { OrderKey } from '../../consumer.js';

/** Where in the journal a range begins or ends: at a position, or at the first message taken at or after a time. */
export type JournalPlace =
  | { readonly position: number }
  /** In milliseconds since 1970. */
  | { readonly timeMs: number };

/** Which messages a queue is to be given. */
export interface BackfillRequest {
  readonly journalDirectory: string;
  /** Those whose topics match one of these, … */
  readonly patterns: readonly string[];
  /** … and one of these as well; undefined for no further condition. */
  readonly only: readonly string[] | undefined;
  /** What makes the queue's messages belong together; undefined where they do not. */
  readonly orderKey: OrderKey | undefined;
  /** From the first that lies here or behind, … */
  readonly from: JournalPlace;
  /** … up to, not including, the first that lies here or behind. */
  readonly until: JournalPlace;
  /** All before this position was searched earlier. */
  readonly searchedThrough: number;
  /** The position after the last record that is committed: nothing from here on is looked at. */
  readonly end: number;
}

/** What a range has turned out to be, once its journal was looked at. */
export interface SearchedRange {
  /** Position at which the search begins, … */
  readonly from: number;
  /** … and the one before which it ends; never below `from`. */
  readonly until: number;
  /** Whether the journal no longer holds where the range was to begin: it begins with the oldest that is there. */
  readonly isLate: boolean;
}

export type FromBackfill =
  /** Comes first. */
  | ({ readonly type: 'began' } & SearchedRange)
  | {
      readonly type: 'entries';
      readonly positions: Float64Array;
      readonly lengths: Uint32Array;
      /** Of their order keys; 0 for none. */
      readonly keyHashes: Uint32Array;
      /** All before this position was searched. */
      readonly through: number;
    }
  /** What lies from one position up to another cannot be read; the search goes on behind it. */
  | { readonly type: 'damaged'; readonly position: number; readonly to: number; readonly problem: string }
  /** Comes last. `unseenBytes`: how much of the range was not there any more, or could not be read. */
  | { readonly type: 'done'; readonly unseenBytes: number };

/** The entries are committed: go on. */
export interface ToBackfill {
  readonly type: 'taken';
}
