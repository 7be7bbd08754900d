// Which entries below the cursor are not settled yet: each thread tells which it holds, from before it claims them
// until their settling is written. From the cursor and what the threads hold anyone can tell what is unsettled: who
// removes segments, who rewrites a settle log, and who gives an ended thread's entries to the next.
//
// What a thread holds is a few intervals, and single entries under way in slots. It has two lists of intervals and a
// version; the version's lowest bit tells which one is current. It writes the other one and then counts the version
// up, so a list that is current is whole, however the thread ended. An entry gets its slot before a list without it
// becomes current, and is cleared from it once it is settled: neither costs more with many under way.
import { type Interval, IntervalSet } from './interval-set.js';
import { type QueueShared, ThreadShared } from './shared.js';

/** Publishes what a thread holds. Only for that thread, or while it is down. */
export function publishHeld(thread: ThreadShared, intervals: Iterable<Interval>): void {
  const version = Atomics.load(thread.words, ThreadShared.HELD_VERSION);
  const list = thread.held[(version + 1) & 1] as Float64Array;
  let count = 0;
  for (const { from, to } of intervals) {
    if (from === to) continue;
    if (count * 2 + 2 >= list.length) throw new RangeError('a thread holds more intervals than it has room for');
    list[count * 2 + 1] = from;
    list[count * 2 + 2] = to;
    count++;
  }
  list[0] = count;
  Atomics.store(thread.words, ThreadShared.HELD_VERSION, (version + 1) | 0);
}

/** Clears the slots of a thread that is down, whose entries are all in the list that was just published. */
export function clearSlots({ slots }: ThreadShared): void {
  slots.fill(0);
}

/** What a thread holds at this moment, in no order. */
export function readHeld({ words, held, slots }: ThreadShared): Interval[] {
  for (;;) {
    const version = Atomics.load(words, ThreadShared.HELD_VERSION);
    const list = held[version & 1] as Float64Array;
    const intervals: Interval[] = [];
    for (let index = 0; index < (list[0] as number); index++) {
      intervals.push({ from: list[index * 2 + 1] as number, to: list[index * 2 + 2] as number });
    }
    // After the list, which an entry leaves only when it has its slot.
    for (const slot of slots) {
      if (slot !== 0) intervals.push({ from: slot - 1, to: slot });
    }
    // The next version is written into the other list: unchanged, this one was not touched. Exchanged for itself and
    // not just loaded, since a plain read above may come after a load, on processors that order them less than x86.
    if (Atomics.compareExchange(words, ThreadShared.HELD_VERSION, version, version) === version) return intervals;
  }
}

/** All that is unsettled below the cursor, and the cursor. Read in this order, since a thread holds before it claims. */
export function readUnsettled(queue: QueueShared): { cursor: number; held: Interval[] } {
  const cursor = queue.cursor.get();
  return { cursor, held: queue.threads.flatMap(readHeld) };
}

/**
 * The ordinals that are not settled, in order.
 *
 * @param settledBefore What was settled before the hub started and lies after the cursor: no held list tells of it.
 * @param most How many intervals; beyond them the last one covers all that follows, settled or not.
 */
export function unsettledIntervals(queue: QueueShared, settledBefore: readonly Interval[], most: number): Interval[] {
  const { cursor, held } = readUnsettled(queue);
  const enqueued = queue.enqueued.get();
  const settled = new IntervalSet();
  for (const { from, to } of settledBefore) settled.add(from, to);
  const unsettled = new IntervalSet();
  for (const { from, to } of [...held, ...settled.gaps(cursor, enqueued)]) unsettled.add(from, Math.min(to, enqueued));
  const all = [...unsettled];
  const last = all[most - 1];
  return last === undefined || all.length === most
    ? all
    : [...all.slice(0, most - 1), { from: last.from, to: enqueued }];
}

/** The ordinal below which every entry is settled. */
export function settledFloor(queue: QueueShared): number {
  const { cursor, held } = readUnsettled(queue);
  return held.reduce((floor, { from }) => Math.min(floor, from), cursor);
}

/**
 * What lies below the cursor: all of it is settled, and written as settled in one log or another, but the gaps.
 *
 * @returns The intervals that are settled, in order; with them all that whoever asks has settled and let go of.
 *   Undefined while a thread tells of a claim that it has not made: another may have made it, and settled the entries,
 *   which would be missing. A later claim lies beyond them.
 */
export function settledBelowCursor(queue: QueueShared): Interval[] | undefined {
  if (queue.threads.some(({ words }) => Atomics.load(words, ThreadShared.CLAIMING) === 1)) return undefined;
  const { cursor, held } = readUnsettled(queue);
  const unsettled = IntervalSet.of(held);
  return unsettled.gaps(0, cursor);
}
