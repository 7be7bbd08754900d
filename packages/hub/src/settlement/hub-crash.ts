// What is to be made of a hub that was killed or has crashed: which deliveries it is put down to, as far as they were
// written down, and which deliveries are to be written down now, so that the next crash can be put down to something.

import { ENTRIES_PER_READ } from '../queue/index-reader.js';
import type { IntervalSet } from '../queue/interval-set.js';
import { heldCapacity, type QueueShape } from '../queue/shared.js';
import { IN_ITS_TURN, MOST_CRASHES, type PendingRetry } from './settle-record.js';
import type { SettledState } from './settled-state.js';

/** How many times as much as it holds a thread can have settled in its last turn, and not written. */
const TURNS_UNWRITTEN = 2;

/**
 * The ordinal below which a delivery can have been in flight when the last hub ended.
 *
 * @param settled What is written as settled.
 * @param enqueued How many entries there were.
 */
export function cautiousBelow(settled: IntervalSet, enqueued: number, shape: QueueShape): number {
  const highest = [...settled].at(-1)?.to ?? 0;
  return Math.min(highest + shape.threads * TURNS_UNWRITTEN * (ENTRIES_PER_READ + heldCapacity(shape)), enqueued);
}

/**
 * Which deliveries the crash is put down to, by queue; each with the crash counted. When one of them was delivered alone,
 * since it was suspected already, it is that one and no other: a message that was merely in flight beside it is not to
 * become a dead letter.
 */
export function blameCrash(states: readonly SettledState[], failedAt: number): PendingRetry[][] {
  const hadTurn = ({ delayMs }: PendingRetry) => delayMs === IN_ITS_TURN;
  const isOneToBlame = states.some(({ starts }) => starts.some(hadTurn));
  return states.map(({ starts }) =>
    starts
      .filter((start) => !isOneToBlame || hadTurn(start))
      .map((start) => ({ ...start, crashes: Math.min(start.crashes + 1, MOST_CRASHES), delayMs: 0, failedAt })),
  );
}

/**
 * What logs say of entries that are not settled, with crashes that were counted before and that no log knows of: what was
 * to write them has ended before it could.
 */
export function withCounted(retries: readonly PendingRetry[], counted: readonly PendingRetry[]): PendingRetry[] {
  const written = new Map(retries.map(({ ordinal, crashes }) => [ordinal, crashes]));
  return withCrashed(
    retries,
    counted.filter(({ ordinal, crashes }) => crashes > (written.get(ordinal) ?? 0)),
  );
}

/** What is known of entries that are not settled, with what a crash adds to it. */
export function withCrashed(retries: readonly PendingRetry[], crashed: readonly PendingRetry[]): PendingRetry[] {
  const byOrdinal = new Map(retries.map((retry) => [retry.ordinal, retry]));
  for (const each of crashed) {
    const firstAt = byOrdinal.get(each.ordinal)?.firstAt || each.firstAt;
    byOrdinal.set(each.ordinal, { ...each, firstAt });
  }
  return [...byOrdinal.values()].sort((a, b) => a.ordinal - b.ordinal);
}
