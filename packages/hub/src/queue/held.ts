// Which entries below the cursor are not settled yet: each thread tells which it holds, from before it claims them
// until their settling is written. From the cursor and what the threads hold anyone can tell what is unsettled: who
// removes segments, who rewrites a settle log, and who gives an ended thread's entries to the next.
//
// What a thread holds is a few intervals, and single entries under way in slots. It has two lists of intervals and a
// version; the version's lowest bit tells which one is current. It writes the other one and then counts the version
// up, so a list that is current is whole, however the thread ended. An entry gets its slot before a list without it
// becomes current, and is cleared from it once it is settled: neither costs more with many under way. Its slot is
// negative while its delivery is in flight.
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

/** None of what a thread is delivering is to be taken for what ends it. Only for that thread. */
export function clearInFlight({ numbers, slots }: ThreadShared): void {
  numbers[ThreadShared.CURRENT] = 0;
  for (const [index, slot] of slots.entries()) slots[index] = Math.abs(slot);
}

/** What a thread that is down was delivering when it ended: ordinals, in no order. */
export function readInFlight({ numbers, slots }: ThreadShared): number[] {
  const inLine = numbers[ThreadShared.CURRENT] as number;
  const beside = [...slots].filter((slot) => slot < 0).map((slot) => -slot - 1);
  return inLine > 0 ? [inLine - 1, ...beside] : beside;
}

/** What a thread holds at this moment, in no order. */
export function readHeld(thread: ThreadShared): Interval[] {
  const { runs, underWay } = readLists(thread);
  return [...runs, ...underWay];
}

/** What is in a thread's current list, and what is in its slots. */
function readLists({ words, held, slots }: ThreadShared): { runs: Interval[]; underWay: Interval[] } {
  for (;;) {
    const version = Atomics.load(words, ThreadShared.HELD_VERSION);
    const list = held[version & 1] as Float64Array;
    const runs: Interval[] = [];
    const underWay: Interval[] = [];
    for (let index = 0; index < (list[0] as number); index++) {
      runs.push({ from: list[index * 2 + 1] as number, to: list[index * 2 + 2] as number });
    }
    // After the list, which an entry leaves only when it has its slot.
    for (const slot of slots) {
      if (slot !== 0) underWay.push({ from: Math.abs(slot) - 1, to: Math.abs(slot) });
    }
    // The next version is written into the other list: unchanged, this one was not touched. Exchanged for itself and
    // not just loaded, since a plain read above may come after a load, on processors that order them less than x86.
    if (Atomics.compareExchange(words, ThreadShared.HELD_VERSION, version, version) === version)
      return { runs, underWay };
  }
}

/** All that is unsettled below the cursor, and the cursor. Read in this order, since a thread holds before it claims. */
export function readUnsettled(queue: QueueShared): { cursor: number; held: Interval[] } {
  const cursor = queue.lowestCursor();
  return { cursor, held: queue.holders.flatMap(readHeld) };
}

/**
 * The ordinals that are not settled, in order.
 *
 * @param settledBefore What was settled and lies after the cursor: no held list tells of it.
 * @param most How many intervals; beyond them the last one covers all that follows, settled or not.
 */
export function unsettledIntervals(queue: QueueShared, settledBefore: readonly Interval[], most: number): Interval[] {
  const { cursor, held } = readUnsettled(queue);
  const enqueued = queue.enqueued.get();
  const settled = IntervalSet.of(settledBefore);
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
  const cursor = queue.lowestCursor();
  return queue.holders.reduce((floor, holder) => Math.min(floor, lowestHeld(holder)), cursor);
}

/** The lowest ordinal that a thread holds, told without a list of them all; Infinity for none. */
function lowestHeld({ words, held, slots }: ThreadShared): number {
  for (;;) {
    const version = Atomics.load(words, ThreadShared.HELD_VERSION);
    const list = held[version & 1] as Float64Array;
    let lowest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < (list[0] as number); index++) {
      lowest = Math.min(lowest, list[index * 2 + 1] as number);
    }
    for (const slot of slots) {
      if (slot !== 0) lowest = Math.min(lowest, Math.abs(slot) - 1);
    }
    // As in readLists.
    if (Atomics.compareExchange(words, ThreadShared.HELD_VERSION, version, version) === version) return lowest;
  }
}

/** Whether a holder may be telling of a claim that it has not made. */
export const isClaiming = ({ words }: ThreadShared): boolean => Atomics.load(words, ThreadShared.CLAIMING) !== 0;

/** What a holder that is down has claimed of what it holds: it may have ended between telling of a claim and making it. */
export function readClaimed(queue: QueueShared, holder: ThreadShared): Interval[] {
  // First: what it tells of from there on, it has not claimed, and whoever has claimed it since holds or settled it.
  const bound = claimedBelow(queue, holder);
  const { runs, underWay } = readLists(holder);
  return [...runs.map(({ from, to }) => ({ from, to: Math.min(to, bound) })), ...underWay];
}

/** The ordinal from which on a holder that is down has claimed no run. */
export function claimedBelow(queue: QueueShared, holder: ThreadShared): number {
  if (!queue.shape.partitioned) return queue.cursor.get();
  if (holder !== queue.overflow) return holder.cursor.get();
  // It claims from one share and another, and has no other runs while it does.
  const share = Atomics.load(holder.words, ThreadShared.CLAIMING) - 1;
  return queue.threads[share]?.cursor.get() ?? Number.POSITIVE_INFINITY;
}

/**
 * What lies below the cursor: all of it is settled, and written as settled in one log or another, but the gaps.
 *
 * @returns The intervals that are settled, in order; with them all that whoever asks has settled and let go of.
 *   Undefined while a thread tells of a claim that it has not made: another may have made it, and settled the entries,
 *   which would be missing. A later claim lies beyond them.
 */
export function settledBelowCursor(queue: QueueShared): Interval[] | undefined {
  if (queue.holders.some(isClaiming)) return undefined;
  const { cursor, held } = readUnsettled(queue);
  const unsettled = IntervalSet.of(held);
  return unsettled.gaps(0, cursor);
}
