// Segments go when nobody needs them, and what would be missed without them goes before them.
import { describe, expect, it } from 'vitest';
import { publishHeld } from '../../queue/held.js';
import type { ThreadShared } from '../../queue/shared.js';
import { SettleLog } from '../../settlement/settle-log.js';
import { SettleKind } from '../../settlement/settle-record.js';
import { readSettledState } from '../../settlement/settled-state.js';
import { JOURNAL, queueDirectory, WriterRig } from './writer-rig.fixture.js';

/** A rig with so many ended segments of two messages each in queue 1, and an open one. */
function withSegments(count: number, queues = 1): WriterRig {
  const rig = new WriterRig(queues);
  for (let segment = 0; segment < count; segment++) {
    rig.write([1]);
    rig.write([1]);
    rig.writer.commit();
    rig.roll();
  }
  return rig;
}

const thread = (rig: WriterRig, queue = 1): ThreadShared => rig.shared[queue - 1]?.threads[0] as ThreadShared;

function settleLog(rig: WriterRig, queue: number, name = 't0-1.log'): SettleLog {
  const directory = `${queueDirectory(queue)}/settled`;
  return new SettleLog({ files: rig.files, directory, name, queueNumber: queue });
}

describe('the reaper', () => {
  it('removes what lies below the cursor and is held by nobody, and its index files', () => {
    const rig = withSegments(4);
    expect(rig.reaper.reap()).toEqual([]);
    rig.shared[0]?.cursor.set(6);
    publishHeld(thread(rig), [{ from: 3, to: 4 }]);
    const before = rig.segments;
    expect(rig.reaper.reap().map(({ segment }) => segment)).toEqual([before[0], before[2]]);
    expect(rig.segments).toEqual([before[1], before[3], before[4]]);
    expect(rig.files.list(queueDirectory(1)).filter((name) => name.endsWith('.idx')).length).toBe(2);
    publishHeld(thread(rig), []);
    expect(rig.reaper.reap().length).toBe(1);
    expect(rig.reaper.reap()).toEqual([]);
  });

  it('removes what nobody was given', () => {
    const rig = new WriterRig(1);
    rig.write([]);
    rig.writer.commit();
    rig.roll();
    expect(rig.reaper.reap().length).toBe(1);
  });

  it('removes what was settled before the start, though the cursor has not come to it', () => {
    const rig = withSegments(4);
    rig.reaper.noteSettled(1, [
      { from: 1, to: 5 },
      { from: 6, to: 8 },
    ]);
    const before = rig.segments;
    expect(rig.reaper.reap().map(({ segment }) => segment)).toEqual([before[1], before[3]]);
  });

  it('keeps a segment that an entry elsewhere points to, and all between', () => {
    const rig = withSegments(3, 2);
    const [first] = rig.segments;
    rig.reference(2, [{ position: 50, length: 40, keyHash: 0 }]);
    rig.writer.commit();
    rig.shared[0]?.cursor.set(6);
    expect(rig.reaper.reap()).toEqual([]);
    rig.roll();
    expect(rig.reaper.reap()).toEqual([]);
    rig.shared[1]?.cursor.set(1);
    expect(rig.reaper.reap().length).toBe(4);
    expect(rig.segments).not.toContain(first);
  });

  it('makes durable first that those are settled whose entries lie elsewhere and point into the segments', () => {
    const rig = withSegments(1, 2);
    rig.reference(2, [{ position: 50, length: 40, keyHash: 0 }]);
    rig.writer.commit();
    const log = settleLog(rig, 2);
    log.add(SettleKind.ACKNOWLEDGED, 0, 40);
    log.flush();
    rig.shared[0]?.cursor.set(2);
    rig.shared[1]?.cursor.set(1);
    expect(rig.reaper.reap().length).toBe(1);
    rig.files.losePower();
    expect(readSettledState(rig.files, `${queueDirectory(2)}/settled`, 2).settled.has(0)).toBe(true);
  });

  it('goes on when a settle log is removed just as it is to be synced', () => {
    const rig = withSegments(1);
    settleLog(rig, 1).close();
    settleLog(rig, 1, 't1-2.log').close();
    rig.shared[0]?.cursor.set(2);
    rig.files.hook = ({ kind, path }) => {
      if (kind === 'open' && path.endsWith('t0-1.log')) rig.files.remove(path);
      return undefined;
    };
    expect(rig.reaper.reap().length).toBe(1);
  });

  it('leaves no segment without its index files but one that can go, wherever it is cut off', () => {
    for (const lose of ['loseProcess', 'losePower'] as const) {
      for (let step = 0; ; step++) {
        const rig = withSegments(3);
        rig.shared[0]?.cursor.set(4);
        let left = step;
        rig.files.hook = () => (--left < 0 ? { error: new Error('killed') } : undefined);
        let killed = false;
        try {
          rig.reaper.reap();
        } catch {
          killed = true;
        }
        rig.files[lose]();
        const again = new WriterRig(1, { files: rig.files });
        again.shared[0]?.cursor.set(4);
        again.reaper.reap();
        // Two entries wait, in one segment; the next one is open.
        expect(again.segments.length).toBe(2);
        expect(again.shared[0]?.enqueued.get()).toBe(6);
        if (!killed) break;
      }
    }
  });

  it('keeps a few of the files for new segments, and no more', () => {
    const rig = withSegments(6);
    rig.shared[0]?.cursor.set(12);
    expect(rig.reaper.reap().length).toBe(6);
    const spares = () => rig.files.list(JOURNAL).filter((name) => name.startsWith('spare-')).length;
    expect(spares()).toBe(2);
    rig.roll();
    expect(spares()).toBe(1);
    rig.roll();
    rig.roll();
    expect(spares()).toBe(0);
  });
});
