// After a thread that held entries has ended by itself: which of them are not settled. They go to the thread that takes
// its place; nothing else is given back, so that nothing is delivered twice by two threads.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Files } from '../files/files.js';
import { clearSlots, isClaiming, publishHeld, readClaimed, readHeld, readInFlight } from '../queue/held.js';
import { type Interval, IntervalSet } from '../queue/interval-set.js';
import { type QueueShared, ThreadShared } from '../queue/shared.js';
import { withCounted, withCrashed } from '../settlement/hub-crash.js';
import { MOST_CRASHES, type PendingRetry, SettleKind, SettleReason, type Tally } from '../settlement/settle-record.js';
import { readSettledState, recountWriter } from '../settlement/settled-state.js';

export interface EndedThread {
  readonly files: Files;
  readonly queue: QueueShared;
  readonly queueNumber: number;
  readonly settledDirectory: string;
  /** Which of the queue's holders it was: a thread's index, or the overflow thread. */
  readonly holder: number | 'overflow';
  /** What it had begun with: crashes that it has not come to write down count on. */
  readonly counted?: readonly PendingRetry[];
}

/** What an ended thread leaves to its successor. */
export interface ReturnedEntries {
  /** Entries that it held and had not settled, in order. */
  readonly returned: readonly Interval[];
  /** What is known of those that had failed, or were in flight as it ended, in order of ordinals. */
  readonly retries: readonly PendingRetry[];
  /** Those of them that were in flight: this crash is counted in what is known of them. */
  readonly crashed: readonly PendingRetry[];
}

/**
 * Resolves once no live holder may be telling of a claim that another has made before it. From then on what an ended
 * thread held can be told from what the others hold: later claims lie beyond it.
 *
 * @param ended Who is down, and is not waited for.
 */
export async function othersHaveClaimed(queue: QueueShared, ended: ThreadShared): Promise<void> {
  for (const holder of queue.holders) {
    while (holder !== ended && holder.state === 'running' && isClaiming(holder)) await endOfTurn();
  }
}

/**
 * Brings the ended thread's counters in line with its logs, and returns the entries it leaves.
 *
 * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED, and what a file cannot be read with: nothing is taken back then, and
 *   it can be tried again.
 */
export function takeBackEntries(ended: EndedThread): ReturnedEntries {
  const { files, queue, queueNumber, settledDirectory, holder, counted = [] } = ended;
  const thread = (holder === 'overflow' ? queue.overflow : queue.threads[holder]) as ThreadShared;
  Atomics.store(thread.words, ThreadShared.IN_FLIGHT, 0);
  recount(thread, recountWriter(files, settledDirectory, queueNumber, holder));
  // In this order: a thread holds before it claims, and settles before it lets go.
  const claimed = readClaimed(queue, thread);
  const others = queue.holders.filter((each) => each !== thread).flatMap(readHeld);
  const state = readSettledState(files, settledDirectory, queueNumber);
  const gone = IntervalSet.of([...state.settled, ...others]);
  const returned = [...IntervalSet.of(claimed)].flatMap(({ from, to }) => gone.gaps(from, to));
  const isReturned = IntervalSet.of(returned);
  const known = withCounted(state.retries, counted).filter(({ ordinal }) => isReturned.has(ordinal));
  const crashed = countCrash(
    readInFlight(thread).filter((ordinal) => isReturned.has(ordinal)),
    known,
  );
  const retries = withCrashed(known, crashed);
  publishHeld(thread, returned);
  clearSlots(thread);
  thread.numbers[ThreadShared.CURRENT] = 0;
  Atomics.store(thread.words, ThreadShared.CLAIMING, 0);
  Atomics.store(thread.words, ThreadShared.RETRYING, retries.length);
  // Fewer than before, perhaps: what waited behind one of its key was told of, too. The other threads may wait for that.
  queue.notify();
  return { returned, retries, crashed };
}

/** What is known of entries whose delivery has ended their thread, with that counted. */
function countCrash(ordinals: readonly number[], known: readonly PendingRetry[]): PendingRetry[] {
  const byOrdinal = new Map(known.map((retry) => [retry.ordinal, retry]));
  const now = Date.now();
  return ordinals.map((ordinal) => {
    const { attempt = 0, crashes = 0, firstAt = now } = byOrdinal.get(ordinal) ?? {};
    return { ordinal, attempt, crashes: Math.min(crashes + 1, MOST_CRASHES), delayMs: 0, failedAt: now, firstAt };
  });
}

/** What is written is settled, whether or not the thread had come to count it. */
function recount({ settled, settledBytes, numbers }: ThreadShared, tallies: readonly Tally[]): void {
  const count = (wanted: (tally: Tally) => boolean): number =>
    tallies.filter(wanted).reduce((sum, each) => sum + each.count, 0);
  settledBytes.set(tallies.reduce((sum, { bytes }) => sum + bytes, 0));
  settled.set(count(() => true));
  const isDead = ({ outcome }: Tally) => outcome === SettleKind.DEAD;
  const dead = (reason: SettleReason) => count((tally) => isDead(tally) && tally.reason === reason);
  numbers[ThreadShared.DAMAGED] = count(({ outcome }) => outcome === SettleKind.DAMAGED);
  numbers[ThreadShared.DROPPED] = count(({ outcome }) => outcome === SettleKind.DROPPED);
  numbers[ThreadShared.DEAD_ATTEMPTS] = dead(SettleReason.ATTEMPTS);
  numbers[ThreadShared.DEAD_CRASHES] = dead(SettleReason.CRASHES);
  numbers[ThreadShared.DEAD] =
    count(isDead) - (numbers[ThreadShared.DEAD_ATTEMPTS] as number) - (numbers[ThreadShared.DEAD_CRASHES] as number);
}
