// What threads hold, and what anyone can tell from it: read whole however it is written meanwhile.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clearSlots,
  publishHeld,
  readClaimed,
  readHeld,
  readUnsettled,
  settledBelowCursor,
  settledFloor,
  unsettledIntervals,
} from './held.js';
import { IntervalSet } from './interval-set.js';
import { newQueue, shapeWith } from './queue-shape.fixture.js';
import { heldCapacity, QueueShared, ThreadShared } from './shared.js';

function queueOf(threads: number, mostInFlight = 1): QueueShared {
  return newQueue({ threads, mostInFlight });
}

const interval = fc
  .tuple(fc.nat({ max: 2 ** 40 }), fc.nat({ max: 300 }))
  .map(([from, count]) => ({ from, to: from + count }));

describe('the list of what a thread holds', () => {
  it('goes with the entries in the thread’s slots, until they are cleared', () => {
    const thread = queueOf(1).threads[0] as ThreadShared;
    publishHeld(thread, [{ from: 10, to: 12 }]);
    thread.slots[3] = 0 + 1;
    thread.slots[0] = 7 + 1;
    expect([...IntervalSet.of(readHeld(thread))]).toEqual([
      { from: 0, to: 1 },
      { from: 7, to: 8 },
      { from: 10, to: 12 },
    ]);
    clearSlots(thread);
    expect(readHeld(thread)).toEqual([{ from: 10, to: 12 }]);
  });

  it('is empty before it is published', () => {
    expect(readHeld(queueOf(1).threads[0] as ThreadShared)).toEqual([]);
  });

  it('reads as it was published last, without what is empty', () => {
    fc.assert(
      fc.property(fc.array(fc.array(interval, { maxLength: 20 }), { minLength: 1, maxLength: 6 }), (lists) => {
        const queue = queueOf(2);
        const [thread, other] = queue.threads as [ThreadShared, ThreadShared];
        for (const list of lists) publishHeld(thread, list);
        expect(readHeld(thread)).toEqual(lists.at(-1)?.filter(({ from, to }) => from < to));
        expect(readHeld(other)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('is seen by whoever else has the memory', () => {
    const queue = queueOf(3, 7);
    publishHeld(queue.threads[2] as ThreadShared, [{ from: 5, to: 9 }]);
    const elsewhere = new QueueShared(queue.buffer, queue.shape);
    expect(elsewhere.threads.map(readHeld)).toEqual([[], [], [{ from: 5, to: 9 }]]);
  });

  it('takes as many intervals as a thread can come to hold, and says so when there are more', () => {
    for (const concurrency of [1, 10, 1_000]) {
      const thread = queueOf(1, concurrency).threads[0] as ThreadShared;
      const intervals = Array.from({ length: heldCapacity(shapeWith({ mostInFlight: concurrency })) }, (_, index) => ({
        from: index * 2,
        to: index * 2 + 1,
      }));
      publishHeld(thread, intervals);
      expect(readHeld(thread)).toEqual(intervals);
      expect(() => publishHeld(thread, [...intervals, { from: 9e9, to: 9e9 + 1 }])).toThrow(RangeError);
      expect(readHeld(thread)).toEqual(intervals);
    }
  });

  it('stays as it was when its thread ends in the middle of publishing', () => {
    const thread = queueOf(1).threads[0] as ThreadShared;
    publishHeld(thread, [{ from: 1, to: 2 }]);
    const dying = function* () {
      yield { from: 7, to: 8 };
      throw new Error('the thread ends here');
    };
    expect(() => publishHeld(thread, dying())).toThrow('ends here');
    expect(readHeld(thread)).toEqual([{ from: 1, to: 2 }]);
    publishHeld(thread, [{ from: 3, to: 4 }]);
    expect(readHeld(thread)).toEqual([{ from: 3, to: 4 }]);
  });

  it('goes on when its version wraps', () => {
    const thread = queueOf(1).threads[0] as ThreadShared;
    thread.words[ThreadShared.HELD_VERSION] = 0x7fff_ffff;
    for (let at = 0; at < 3; at++) {
      publishHeld(thread, [{ from: at, to: at + 1 }]);
      expect(readHeld(thread)).toEqual([{ from: at, to: at + 1 }]);
    }
  });
});

describe('what is unsettled', () => {
  it('is what is held below the cursor, and all from the cursor on', () => {
    const queue = queueOf(3);
    queue.cursor.set(100);
    expect(settledFloor(queue)).toBe(100);
    publishHeld(queue.threads[1] as ThreadShared, [{ from: 70, to: 80 }]);
    publishHeld(queue.threads[2] as ThreadShared, [
      { from: 90, to: 100 },
      { from: 40, to: 41 },
    ]);
    expect(readUnsettled(queue).held.map(({ from }) => from)).toEqual([70, 90, 40]);
    expect(settledFloor(queue)).toBe(40);
  });
});

describe('what is unsettled', () => {
  const queueWithHeld = () => {
    const queue = queueOf(2, 4);
    queue.enqueued.set(100);
    queue.cursor.set(60);
    publishHeld(queue.threads[0] as ThreadShared, [{ from: 10, to: 12 }]);
    // The end of a claim that is not made yet, which tells of more than was enqueued.
    publishHeld(queue.threads[1] as ThreadShared, [{ from: 58, to: 200 }]);
    return queue;
  };

  it('is what threads hold, and from the cursor on what was not settled before', () => {
    expect(unsettledIntervals(queueWithHeld(), [], 10)).toEqual([
      { from: 10, to: 12 },
      { from: 58, to: 100 },
    ]);
    const queue = queueWithHeld();
    publishHeld(queue.threads[1] as ThreadShared, []);
    expect(unsettledIntervals(queue, [{ from: 70, to: 80 }], 10)).toEqual([
      { from: 10, to: 12 },
      { from: 60, to: 70 },
      { from: 80, to: 100 },
    ]);
  });

  it('is told in a bounded number of intervals, of which the last covers all that follows', () => {
    const queue = queueWithHeld();
    publishHeld(queue.threads[1] as ThreadShared, []);
    const settledBefore = [
      { from: 70, to: 80 },
      { from: 90, to: 95 },
    ];
    expect(unsettledIntervals(queue, settledBefore, 4)).toHaveLength(4);
    expect(unsettledIntervals(queue, settledBefore, 2)).toEqual([
      { from: 10, to: 12 },
      { from: 60, to: 100 },
    ]);
  });
});

describe('what a holder that is down has claimed', () => {
  it('is what it holds, without what it had only told that it would claim', () => {
    const queue = queueOf(1);
    queue.cursor.set(50);
    const thread = queue.threads[0] as ThreadShared;
    publishHeld(thread, [{ from: 40, to: 60 }]);
    expect([...IntervalSet.of(readClaimed(queue, thread))]).toEqual([{ from: 40, to: 50 }]);
  });

  it('is told by the cursor of the share that it claimed from, in a partitioned queue', () => {
    const queue = newQueue({ threads: 2, partitioned: true, overflow: true });
    const [one, two] = queue.threads as [ThreadShared, ThreadShared];
    const overflow = queue.overflow as ThreadShared;
    one.cursor.set(100);
    two.cursor.set(50);
    publishHeld(two, [{ from: 40, to: 60 }]);
    expect([...IntervalSet.of(readClaimed(queue, two))]).toEqual([{ from: 40, to: 50 }]);
    publishHeld(overflow, [{ from: 45, to: 70 }]);
    overflow.slots[0] = 90 + 1;
    // It ended between two claims; or in one, from the second share, while an entry of the first was under way.
    expect([...IntervalSet.of(readClaimed(queue, overflow))]).toEqual([
      { from: 45, to: 70 },
      { from: 90, to: 91 },
    ]);
    overflow.words[ThreadShared.CLAIMING] = 2;
    expect([...IntervalSet.of(readClaimed(queue, overflow))]).toEqual([
      { from: 45, to: 50 },
      { from: 90, to: 91 },
    ]);
  });
});

describe('what lies below the cursor', () => {
  it('is settled but for what the threads hold, in order', () => {
    const queue = queueOf(2);
    queue.enqueued.set(100);
    queue.cursor.set(90);
    const [one, two] = queue.threads as [ThreadShared, ThreadShared];
    publishHeld(one, [{ from: 80, to: 95 }]);
    publishHeld(two, [{ from: 5, to: 7 }]);
    two.slots[0] = 20 + 1;
    expect(settledBelowCursor(queue)).toEqual([
      { from: 0, to: 5 },
      { from: 7, to: 20 },
      { from: 21, to: 80 },
    ]);
  });

  it('cannot be told while a thread tells of a claim that another may have made', () => {
    const queue = queueOf(2);
    const [one, two] = queue.threads as [ThreadShared, ThreadShared];
    queue.cursor.set(10);
    // Entries that thread two has claimed and settled meanwhile.
    publishHeld(one, [{ from: 0, to: 10 }]);
    one.words[ThreadShared.CLAIMING] = 1;
    publishHeld(two, []);
    expect(settledBelowCursor(queue)).toBeUndefined();
    publishHeld(one, []);
    one.words[ThreadShared.CLAIMING] = 0;
    expect(settledBelowCursor(queue)).toEqual([{ from: 0, to: 10 }]);
  });
});
