// What the owner of a settle log can tell is settled, by whomever, when it rewrites its log: all below the cursor that
// nobody holds; and in a partitioned queue, where each thread has a cursor of its own, what it has settled itself while
// another's is still behind.
import { settledBelowCursor } from '../queue/held.js';
import { type Interval, IntervalSet } from '../queue/interval-set.js';
import type { QueueShared } from '../queue/shared.js';
import type { SettleLog } from './settle-log.js';

/**
 * For {@link SettleLog.compact}: nothing that the log has settled is missing.
 *
 * @param log Its owner's, flushed.
 * @returns The intervals that are settled, in order. Undefined while it cannot be told: see {@link settledBelowCursor}.
 */
export function knownSettled(queue: QueueShared, log: SettleLog): Interval[] | undefined {
  const below = settledBelowCursor(queue);
  if (below === undefined || !queue.shape.partitioned) return below;
  return [...IntervalSet.of([...below, ...log.readSettled()])];
}
