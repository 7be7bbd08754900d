// Checks what somebody wants replayed, from a program or over the control socket, before anything is searched.
import type { ReplayRange } from './admin/replay-routes.js';
import type { JournalPlace } from './enqueuer/backfill/protocol.js';
import { PenstockError } from './errors.js';

export interface CheckedRange {
  readonly from: JournalPlace;
  readonly until: JournalPlace;
  /** Where the journal ends: nothing from here on is replayed. */
  readonly end: number;
}

/**
 * @param end The position after the last committed record.
 * @throws JOURNAL_RANGE_INVALID
 */
export function checkedRange({ from, to = 'now' }: ReplayRange, end: number): CheckedRange {
  const begins = from === 'earliest' ? { position: 0 } : checkedPlace('from', from, end);
  const ends = to === 'now' ? { position: end } : checkedPlace('to', to, end);
  const isTurned =
    ('position' in begins && 'position' in ends && begins.position > ends.position) ||
    ('timeMs' in begins && 'timeMs' in ends && begins.timeMs > ends.timeMs);
  if (isTurned) throw invalid('the range to replay ends before it begins');
  return { from: begins, until: ends, end };
}

function checkedPlace(option: 'from' | 'to', place: unknown, end: number): JournalPlace {
  if (typeof place === 'object' && place !== null) {
    if ('position' in place) return checkedPosition(option, place.position, end);
    if ('time' in place) return checkedTime(option, place.time);
  }
  throw invalid(`${option} must be "${option === 'from' ? 'earliest' : 'now'}", { position } or { time }`);
}

function checkedPosition(option: string, position: unknown, end: number): JournalPlace {
  if (typeof position !== 'number' || !Number.isSafeInteger(position) || position < 0) {
    throw invalid(`${option}: a position is a whole number from 0 on`);
  }
  if (position > end) throw invalid(`${option}: position ${position} lies beyond the journal, which ends at ${end}`);
  return { position };
}

function checkedTime(option: string, time: unknown): JournalPlace {
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(timeMs)) throw invalid(`${option}: ${JSON.stringify(time)} is no time in ISO 8601`);
  if (timeMs > Date.now()) throw invalid(`${option}: ${time} is in the future`);
  return { timeMs };
}

const invalid = (message: string): PenstockError => new PenstockError('JOURNAL_RANGE_INVALID', message);
