// What passes between the main thread and a backfill's thread.

export interface BackfillRequest {
  readonly journalDirectory: string;
  readonly patterns: readonly string[];
  /** Positions from here on, … */
  readonly from: number;
  /** … up to but not including this one. */
  readonly until: number;
}

export type FromBackfill =
  | {
      readonly type: 'entries';
      readonly positions: Float64Array;
      readonly lengths: Uint32Array;
      readonly through: number;
    }
  /** From this position on, the rest of its segment cannot be read. */
  | { readonly type: 'damaged'; readonly position: number; readonly problem: string }
  | { readonly type: 'done' };

/** The entries are committed: go on. */
export interface ToBackfill {
  readonly type: 'taken';
}
