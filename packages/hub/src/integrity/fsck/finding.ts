// What a check of a data directory comes upon.
import type { LostEntries } from '../../files/damage.js';

/**
 * - `damage`: a file is not what was written, or is missing, and somebody needs it
 * - `note`: left by a hub that was killed, or of no use to anybody; a start deals with it
 */
export type Severity = 'damage' | 'note';

/** Bytes of a file, from one up to, and not including, another. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

export interface Finding {
  readonly severity: Severity;
  /** Below the data directory: `journal/0000000000000000.seg`. */
  readonly path: string;
  /** Undefined where the whole file is meant. */
  readonly bytes: ByteRange | undefined;
  /** What is wrong, in one line. */
  readonly problem: string;
  /** Messages that cannot be delivered because of it, and were not settled, by consumer. */
  readonly lost: readonly LostEntries[];
  /** What `--repair` does about it; undefined where it leaves it as it is. */
  readonly repair: string | undefined;
}

/** A finding with what mends it, for {@link Finding.repair}. */
export interface Found extends Finding {
  readonly mend?: () => void;
}

/** What of a finding matters; the rest is as it is for most. */
export type NewFinding = Pick<Found, 'path' | 'problem'> & Partial<Found>;

export const damage = (found: NewFinding): Found => ({
  severity: 'damage',
  bytes: undefined,
  lost: [],
  repair: undefined,
  ...found,
});

export const note = (found: NewFinding): Found => ({ ...damage(found), severity: 'note' });
