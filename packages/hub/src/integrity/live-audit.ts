// The audit of a queue that runs, from its shared memory: what its threads have counted as settled, beside what cursors
// and held lists say is not. Both are kept by different hands, so an entry that one of them forgets shows.
import { unsettledIntervals } from '../queue/held.js';
import type { Interval } from '../queue/interval-set.js';
import { type QueueShared, ThreadShared } from '../queue/shared.js';
import { type OutcomeKind, SettleKind, SettleReason, type Tally } from '../settlement/settle-record.js';
import { auditOf, type QueueAudit } from './audit.js';

export interface LiveQueue {
  readonly number: number;
  readonly name: string;
  readonly queue: QueueShared;
  /** What its settle logs had counted when the hub started. */
  readonly talliesBefore: readonly Tally[];
  /** What is settled from the cursor on, and no held list tells of. */
  readonly settledFromCursor: readonly Interval[];
}

/**
 * Reads one queue's account at this moment. While its threads settle, they are read in between two steps of theirs now and
 * then, and the account is off by what they have under way: whoever asks again gets one that is not.
 */
export function auditLive({ number, name, queue, talliesBefore, settledFromCursor }: LiveQueue): QueueAudit {
  const tallies = [...talliesBefore, ...settledSinceStart(queue)];
  // Once it is counted, an entry may be held for a moment still; never is it in neither.
  const unsettled = unsettledIntervals(queue, settledFromCursor, Number.POSITIVE_INFINITY).reduce(
    (sum, { from, to }) => sum + to - from,
    0,
  );
  const enqueued = queue.enqueued.get();
  const inFlight = queue.threads.reduce((sum, { words }) => sum + (words[ThreadShared.IN_FLIGHT] as number), 0);
  const retrying = queue.retrying();
  const open = { waiting: unsettled - inFlight - retrying, inFlight, retrying };
  return auditOf({ number, name, enqueued, tallies, open, findings: [] });
}

function settledSinceStart({ threads, overflow, holders }: QueueShared): Pick<Tally, 'outcome' | 'reason' | 'count'>[] {
  const { DROPPED, DEAD, DAMAGED } = SettleKind;
  const { NONE, CONSUMER, ATTEMPTS, CRASHES, QUEUE_FULL } = SettleReason;
  // Before the outcomes that it counts too, which the threads write first.
  const settled = holders.reduce((sum, holder) => sum + holder.settled.get(), 0);
  const inThreads = (slot: number) => threads.reduce((sum, { numbers }) => sum + (numbers[slot] as number), 0);
  const inOverflow = (slot: number) => (overflow?.numbers[slot] as number | undefined) ?? 0;
  const others: readonly (readonly [OutcomeKind, SettleReason, number])[] = [
    [DAMAGED, NONE, inThreads(ThreadShared.DAMAGED) + inOverflow(ThreadShared.DAMAGED)],
    [DROPPED, CONSUMER, inThreads(ThreadShared.DROPPED)],
    [DROPPED, QUEUE_FULL, inOverflow(ThreadShared.DROPPED)],
    [DEAD, CONSUMER, inThreads(ThreadShared.DEAD)],
    [DEAD, ATTEMPTS, inThreads(ThreadShared.DEAD_ATTEMPTS)],
    [DEAD, CRASHES, inThreads(ThreadShared.DEAD_CRASHES)],
    [DEAD, QUEUE_FULL, inOverflow(ThreadShared.DEAD)],
  ];
  const otherwise = others.reduce((sum, [, , count]) => sum + count, 0);
  const acknowledged = { outcome: SettleKind.ACKNOWLEDGED, reason: NONE, count: settled - otherwise };
  return [acknowledged, ...others.map(([outcome, reason, count]) => ({ outcome, reason, count }))];
}
