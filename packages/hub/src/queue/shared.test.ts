// A queue's shared memory: no slot lies over another, and the gauges follow from the counters.
import { describe, expect, it } from 'vitest';
import { publishHeld, readHeld } from './held.js';
import { newQueue, shapeWith } from './queue-shape.fixture.js';
import { HISTOGRAM_SLOTS, heldCapacity, type QueueShared, type ThreadShared, ThreadStates } from './shared.js';

const queueOf = (threads: number, mostInFlight: number): QueueShared => newQueue({ threads, mostInFlight });

/** Writes every slot of a thread, with values of its own. */
function fill(thread: ThreadShared, value: number, concurrency: number): void {
  thread.settled.set(value);
  thread.settledBytes.set(value + 1);
  thread.numbers.fill(value + 2);
  thread.words.fill(value + 3);
  for (let bucket = 0; bucket < HISTOGRAM_SLOTS; bucket++) {
    thread.consumeDuration.add(bucket, value);
    thread.queueWait.add(bucket, value);
  }
  const intervals = Array.from({ length: heldCapacity(shapeWith({ mostInFlight: concurrency })) }, (_, at) => ({
    from: value + at,
    to: value + at + 1,
  }));
  publishHeld(thread, intervals);
  publishHeld(thread, intervals);
}

describe('a queue’s shared memory', () => {
  it.each([
    [1, 1],
    [3, 1],
    [2, 100],
  ])('gives each of %i threads with concurrency %i slots of its own', (threads, concurrency) => {
    const queue = queueOf(threads, concurrency);
    queue.enqueued.set(11);
    queue.enqueuedBytes.set(12);
    queue.cursor.set(13);
    queue.settledBefore.set(14);
    queue.settledBytesBefore.set(15);
    for (let second = 0; second < 64; second++) queue.notePeak(second, second);
    for (const [index, thread] of queue.threads.entries()) fill(thread, (index + 1) * 1_000, concurrency);
    queue.notify();
    const counters = [queue.enqueued, queue.enqueuedBytes, queue.cursor, queue.settledBefore, queue.settledBytesBefore];
    expect(counters.map((counter) => counter.get())).toEqual([11, 12, 13, 14, 15]);
    expect([queue.stopping, queue.wake[0], queue.peak(63, 60)]).toEqual([false, 1, 63]);
    for (const [index, thread] of queue.threads.entries()) {
      const value = (index + 1) * 1_000;
      expect([thread.settled.get(), thread.settledBytes.get()]).toEqual([value, value + 1]);
      expect(thread.numbers.every((number) => number === value + 2)).toBe(true);
      expect([thread.consumeDuration.sum, thread.queueWait.sum]).toEqual([
        value * HISTOGRAM_SLOTS,
        value * HISTOGRAM_SLOTS,
      ]);
      expect([...thread.consumeDuration.counts, ...thread.queueWait.counts].every((count) => count === 1)).toBe(true);
      expect(readHeld(thread).length).toBe(heldCapacity(shapeWith({ mostInFlight: concurrency })));
      expect(readHeld(thread)[0]).toEqual({ from: value, to: value + 1 });
    }
  });

  it('has a backlog of what was enqueued and not settled, by whomever', () => {
    const queue = queueOf(2, 1);
    queue.enqueued.set(1_000);
    queue.enqueuedBytes.set(50_000);
    queue.settledBefore.set(100);
    queue.settledBytesBefore.set(5_000);
    queue.threads[0]?.settled.set(30);
    queue.threads[1]?.settled.set(7);
    queue.threads[1]?.settledBytes.set(400);
    expect([queue.settled(), queue.backlog(), queue.backlogBytes()]).toEqual([137, 863, 44_600]);
  });

  it('counts beyond 32 bits, and changes the cursor for one of two who try', () => {
    const queue = queueOf(1, 1);
    const large = 2 ** 45 + 1;
    queue.cursor.set(large);
    expect(queue.cursor.swap(large, large + 256)).toBe(true);
    expect(queue.cursor.swap(large, large + 1)).toBe(false);
    expect(queue.cursor.get()).toBe(large + 256);
  });

  it('remembers the highest backlog of each of the last seconds', () => {
    const queue = queueOf(0, 1);
    queue.notePeak(1_000, 5);
    queue.notePeak(1_000, 90);
    queue.notePeak(1_000, 7);
    queue.notePeak(1_030, 20);
    expect([queue.peak(1_000, 60), queue.peak(1_059, 60), queue.peak(1_060, 60), queue.peak(1_090, 60)]).toEqual([
      90, 90, 20, 0,
    ]);
    // The slot is used again after 64 seconds.
    queue.notePeak(1_064, 3);
    expect(queue.peak(1_064, 60)).toBe(20);
  });

  it('shows each state of a thread, and stopped for one that was never set', () => {
    const thread = queueOf(1, 1).threads[0] as ThreadShared;
    expect(thread.state).toBe('stopped');
    for (const state of ThreadStates) {
      thread.state = state;
      expect(thread.state).toBe(state);
    }
  });
});
