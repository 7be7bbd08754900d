// Claims from a queue that is partitioned by order key: all of a key go to one thread, in order, and nothing is lost.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ThreadShared } from '../../queue/shared.js';
import { type Key, PartitionedQueue } from './partitioned.fixture.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const key: fc.Arbitrary<Key> = fc.option(fc.nat({ max: 9 }).map(String), { nil: undefined, freq: 6 });
const keys = fc.array(key, { maxLength: 60, size: 'max' });
const holder = fc.nat({ max: 4 });
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('write' as const), keys }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      holder,
      most: fc.integer({ min: 1, max: 30 }),
      count: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      holder,
      where: fc.constantFrom(undefined, 'before' as const, 'after' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      threads: fc.integer({ min: 1, max: 4 }),
      partitioned: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    }),
  },
);

/** Checks what the threads, without the overflow thread, have taken in one run. */
function checkOrder({ queue, taken, keys }: PartitionedQueue): void {
  if (!queue.shape.partitioned) return;
  const threadOf = new Map<string, number>();
  const last = new Map<string, number>();
  for (const { ordinal, holder } of taken) {
    const key = keys[ordinal];
    if (key === undefined || holder === queue.threads.length) continue;
    expect(threadOf.get(key) ?? holder, `the thread of key ${key}`).toBe(holder);
    expect(last.get(key) ?? -1, `the entry of key ${key} before`).toBeLessThan(ordinal);
    threadOf.set(key, holder);
    last.set(key, ordinal);
  }
}

describe('claims from a partitioned queue', () => {
  it('give each entry to one thread, and each key’s in order to the same, whoever ends and starts again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        keys,
        fc.array(step, { maxLength: 40, size: 'max' }),
        (threads, stale, steps) => {
          const queue = new PartitionedQueue(threads, stale);
          for (const each of steps) {
            const who = 'holder' in each ? each.holder % queue.queue.holders.length : 0;
            if (each.do === 'write') queue.write(each.keys);
            else if (each.do === 'take') queue.take(who, each.most, each.count);
            else if (each.do === 'end') queue.end(who, each.where);
            else {
              checkOrder(queue);
              queue.restart(each.threads, each.partitioned);
            }
            expect(queue.lost()).toEqual([]);
          }
          queue.drain();
          checkOrder(queue);
          expect(queue.settled.gaps(0, queue.keys.length)).toEqual([]);
          expect(queue.lost()).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('give threads shares that differ little, where there are many keys or none', () => {
    const queue = new PartitionedQueue(4);
    queue.write(range(0, 4_000).map((number) => (number % 2 === 0 ? `customer-${number}` : undefined)));
    queue.drain();
    for (const thread of range(0, 4)) {
      const share = queue.taken.filter(({ holder }) => holder === thread).length;
      expect(share).toBeGreaterThan(850);
      expect(share).toBeLessThan(1_150);
    }
  });

  it('pass over a long stretch of others’ entries a part at a time, and say that there is more', () => {
    const queue = new PartitionedQueue(2);
    queue.write(range(0, 30_000).map(() => 'the same'));
    queue.take(0, 1, 1);
    const other = queue.taken.length === 0 ? 0 : 1;
    queue.take(other, 1, 1);
    const { cursor } = queue.queue.threads[other] as ThreadShared;
    const passed = cursor.get();
    expect(passed).toBeGreaterThan(1_000);
    expect(passed).toBeLessThan(30_000);
    queue.drain();
    expect(cursor.get()).toBe(30_000);
  });

  it('give an entry whose key cannot be told to one thread, which finds out why', () => {
    const queue = new PartitionedQueue(3);
    queue.write(range(0, 20).map(String));
    queue.loseIndex();
    queue.drain();
    expect(queue.taken.map(({ ordinal }) => ordinal).sort((a, b) => a - b)).toEqual(range(0, 20));
  });
});
