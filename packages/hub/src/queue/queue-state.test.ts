// Where a queue stands after a start: cursor, counters and what comes after the cursor equal a naive recount.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { IndexWriter, indexName } from './index-file.js';
import { IntervalSet } from './interval-set.js';
import { newQueue } from './queue-shape.fixture.js';
import { restoreQueue } from './queue-state.js';
import type { QueueShared } from './shared.js';

const QUEUE = '/queue';

/** Writes a queue's index files, one for each list of record lengths; the last one stays open when asked to. */
function writeQueue(files: MemoryFiles, lists: readonly (readonly number[])[], lastOpen: boolean): QueueShared {
  files.makeDirectory(QUEUE);
  const queue = newQueue({});
  let ordinal = 0;
  let bytes = 0;
  for (const [at, lengths] of lists.entries()) {
    const header = { queueNumber: 1, firstPosition: at * 1_000_000, baseOrdinal: ordinal, baseBytes: bytes };
    const writer = new IndexWriter(files, QUEUE, header);
    for (const length of lengths) {
      writer.add(at * 1_000_000 + ordinal, length, 0);
      ordinal++;
      bytes += length;
    }
    if (lastOpen && at === lists.length - 1) {
      writer.flush();
      writer.abandon();
    } else writer.close();
  }
  queue.enqueued.set(ordinal);
  queue.enqueuedBytes.set(bytes);
  return queue;
}

const anyLengths = fc.array(fc.integer({ min: 36, max: 500 }), { minLength: 1, maxLength: 30 });
const anyState = fc.record({
  lists: fc.array(anyLengths, { maxLength: 6 }),
  lastOpen: fc.boolean(),
  settled: fc.array(fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 40 })), { maxLength: 12 }),
  removeSettled: fc.boolean(),
});

describe('a queue that is opened', () => {
  it('has the backlog, in entries and in bytes, that a naive recount has', () => {
    fc.assert(
      fc.property(anyState, ({ lists, lastOpen, settled: pairs, removeSettled }) => {
        const files = new MemoryFiles();
        const queue = writeQueue(files, lists, lastOpen);
        const settled = new IntervalSet();
        for (const [from, count] of pairs) settled.add(from, from + count);
        const all = lists.flat();
        const waiting = all.filter((_, ordinal) => !settled.has(ordinal));
        const first = all.findIndex((_, ordinal) => !settled.has(ordinal));
        const cursor = first === -1 ? all.length : first;
        // Files whose entries are all settled can be gone by now, but never the last.
        let base = 0;
        for (const [at, lengths] of lists.entries()) {
          const done = lengths.every((_, index) => settled.has(base + index));
          if (removeSettled && done && at < lists.length - 1) files.remove(`${QUEUE}/${indexName(at * 1_000_000)}`);
          base += lengths.length;
        }

        const after = restoreQueue(files, QUEUE, queue, settled);

        expect(queue.backlog()).toBe(waiting.length);
        expect(queue.backlogBytes()).toBe(waiting.reduce((sum, length) => sum + length, 0));
        expect(queue.cursor.get()).toBe(cursor);
        const alreadySettled = new IntervalSet();
        for (const { from, to } of after) alreadySettled.add(from, to);
        for (let ordinal = cursor; ordinal < all.length; ordinal++) {
          expect(alreadySettled.has(ordinal)).toBe(settled.has(ordinal));
        }
        expect(alreadySettled.has(all.length)).toBe(false);
        expect(files.openFiles).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('forgets what was settled beyond its end: those ordinals will be given to other messages', () => {
    const files = new MemoryFiles();
    const queue = writeQueue(files, [[40, 40, 40]], false);
    const settled = new IntervalSet();
    settled.add(1, 2);
    settled.add(3, 10);
    expect(restoreQueue(files, QUEUE, queue, settled)).toEqual([{ from: 1, to: 2 }]);
    expect([...settled]).toEqual([{ from: 1, to: 2 }]);
    expect([queue.cursor.get(), queue.backlog(), queue.backlogBytes()]).toEqual([0, 2, 80]);
  });

  it('reads only the edges of what is unsettled, however long the queue', () => {
    const files = new MemoryFiles();
    const queue = writeQueue(
      files,
      Array.from({ length: 20 }, () => new Array<number>(100).fill(50)),
      false,
    );
    const settled = new IntervalSet();
    settled.add(0, 150);
    const entriesRead: string[] = [];
    files.hook = ({ kind, path, bytes }) => {
      if (kind === 'read' && bytes > 48) entriesRead.push(path);
      return undefined;
    };
    restoreQueue(files, QUEUE, queue, settled);
    expect(queue.backlogBytes()).toBe(1_850 * 50);
    expect(new Set(entriesRead)).toEqual(new Set([`${QUEUE}/${indexName(1_000_000)}`]));
  });
});
