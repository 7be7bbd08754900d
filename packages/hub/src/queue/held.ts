// Which entries below the cursor are not settled yet: each thread publishes the intervals it holds, before it
// claims them and until their settling is written. From the cursor and these lists anyone can tell what is
// unsettled: who removes segments, and who gives an ended thread's entries to the next.
//
// A thread has two lists and a version; the version's lowest bit tells which one is current. It writes the
// other one and then counts the version up, so a list that is current is whole, however the thread ended.
import type { Interval } from './interval-set.js';
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

/** What a thread holds at this moment. */
export function readHeld(thread: ThreadShared): Interval[] {
  for (;;) {
    const version = Atomics.load(thread.words, ThreadShared.HELD_VERSION);
    const list = thread.held[version & 1] as Float64Array;
    const intervals: Interval[] = [];
    for (let index = 0; index < (list[0] as number); index++) {
      intervals.push({ from: list[index * 2 + 1] as number, to: list[index * 2 + 2] as number });
    }
    // The next version is written into the other list: unchanged, this one was not touched.
    if (Atomics.load(thread.words, ThreadShared.HELD_VERSION) === version) return intervals;
  }
}

/** All that is unsettled below the cursor, and the cursor. Read in this order, since a thread holds before it claims. */
export function readUnsettled(queue: QueueShared): { cursor: number; held: Interval[] } {
  const cursor = queue.cursor.get();
  return { cursor, held: queue.threads.flatMap(readHeld) };
}

/** The ordinal below which every entry is settled. */
export function settledFloor(queue: QueueShared): number {
  const { cursor, held } = readUnsettled(queue);
  return held.reduce((floor, { from }) => Math.min(floor, from), cursor);
}
