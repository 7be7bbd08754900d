// The journal after a queue was removed: what the queue kept is free, and records that name it disturb nobody, whether
// the hub goes on, stops in order, or is cut off anywhere.
import { describe, expect, it } from 'vitest';
import { Entries, IndexReader } from '../../queue/index-reader.js';
import { queueDirectory, WriterRig } from './writer-rig.fixture.js';

/** Three segments and an open one; queue 1 has settled all of them, queue 2 nothing. */
function withLeftQueue() {
  const rig = new WriterRig(2);
  const kept = [];
  for (let segment = 0; segment < 3; segment++) {
    const first = rig.write([1, 2]);
    rig.write([2]);
    rig.reference(2, [first]);
    rig.writer.commit();
    kept.push(first);
    rig.roll();
  }
  kept.push(rig.write([1, 2]));
  rig.writer.commit();
  rig.shared[0]?.cursor.set(3);
  return { rig, kept };
}

/** The positions of a queue's entries from an ordinal on, through its index files. */
function entriesOf(rig: WriterRig, queue: number, from: number, to: number): number[] {
  const reader = new IndexReader(rig.files, queueDirectory(queue));
  const entries = new Entries();
  const positions: number[] = [];
  while (from + positions.length < to) {
    reader.read(from + positions.length, 256, entries);
    if (entries.count === 0) throw new Error(`entry ${from + positions.length} is missing`);
    positions.push(...entries.positions.subarray(0, entries.count));
  }
  reader.close();
  return positions;
}

describe('a queue that is removed', () => {
  it('frees at once the segments that only it needed', () => {
    const { rig } = withLeftQueue();
    expect(rig.reaper.reap()).toEqual([]);
    rig.removeQueue(2);
    expect(rig.reaper.reap()).toHaveLength(3);
    expect(rig.segments).toHaveLength(1);
  });

  it('frees them one after the other when it is asked to, oldest first', () => {
    const { rig } = withLeftQueue();
    const before = rig.segments;
    rig.removeQueue(2);
    const removed = [rig.reaper.reap(1), rig.reaper.reap(1), rig.reaper.reap(1), rig.reaper.reap(1)].flat();
    expect(removed.map(({ segment }) => segment)).toEqual(before.slice(0, 3));
  });

  it('leaves segments that another queue needs', () => {
    const { rig } = withLeftQueue();
    rig.shared[0]?.cursor.set(1);
    rig.removeQueue(2);
    rig.reaper.reap();
    expect(rig.segments).toHaveLength(3);
  });

  it.each([false, true])('is not missed by the next start, after a stop in order (%s) or without one', (clean) => {
    const { rig, kept } = withLeftQueue();
    rig.removeQueue(2);
    while (rig.removed.pending) rig.removed.deleteSome(1);
    const last = rig.write([1]);
    rig.writer.commit();
    if (clean) rig.writer.endSegment();
    rig.files.loseProcess();
    // 3 is a queue of the same name, added again.
    const again = new WriterRig([1, 3], { files: rig.files, clean });
    expect(again.report.cut).toBeUndefined();
    expect(entriesOf(again, 1, 3, 5)).toEqual([kept[3]?.position, last.position]);
    expect(again.shared.map(({ enqueued }) => enqueued.get())).toEqual([5, 0]);
    const added = again.write([1, 3]);
    again.writer.commit();
    expect(entriesOf(again, 3, 0, 1)).toEqual([added.position]);
  });

  it('is whole or gone for the next start, wherever its removal was cut off by a loss of power', () => {
    const outcomes = new Set<string>();
    for (let step = 0; ; step++) {
      const { rig, kept } = withLeftQueue();
      let left = step;
      rig.files.hook = ({ kind }) => (kind !== 'list' && --left < 0 ? { error: new Error('killed') } : undefined);
      let cutOff = false;
      try {
        rig.removeQueue(2);
        rig.reaper.reap();
        while (rig.removed.pending) rig.removed.deleteSome(1);
      } catch {
        cutOff = true;
      }
      rig.files.losePower();
      const isThere = rig.files.list('/queues').includes('2');
      const again = new WriterRig(isThere ? 2 : [1], { files: rig.files });
      expect(entriesOf(again, 1, 3, 4)).toEqual([kept[3]?.position]);
      // Whole means that each message is there to be delivered: no segment of its went before it did.
      if (isThere) {
        expect(entriesOf(again, 2, 0, 10)).toHaveLength(10);
        expect(again.segments.length).toBeGreaterThanOrEqual(4);
      }
      outcomes.add(isThere ? 'whole' : 'gone');
      if (!cutOff) break;
    }
    expect([...outcomes].sort()).toEqual(['gone', 'whole']);
  });
});
