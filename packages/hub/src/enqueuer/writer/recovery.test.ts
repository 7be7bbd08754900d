// Opening the journal: after a stop in order from what the last segment says of itself, else from its records.
import { describe, expect, it } from 'vitest';
import { readWhole } from '../../files/files.js';
import { indexName } from '../../queue/index-file.js';
import { Entries, IndexReader } from '../../queue/index-reader.js';
import { monotonicSecond } from '../../queue/shared.js';
import { JOURNAL, queueDirectory, WriterRig } from './writer-rig.fixture.js';

/** The positions of all entries of a queue, through its index files. */
function entriesOf(rig: WriterRig, queue: number): number[] {
  const reader = new IndexReader(rig.files, queueDirectory(queue));
  const entries = new Entries();
  const positions: number[] = [];
  const enqueued = rig.shared[queue - 1]?.enqueued.get() ?? 0;
  while (positions.length < enqueued) {
    reader.read(positions.length, 256, entries);
    if (entries.count === 0) throw new Error(`entry ${positions.length} is missing`);
    positions.push(...entries.positions.subarray(0, entries.count));
  }
  reader.close();
  return positions;
}

/** A rig with two segments, of which the second is open, and a torn write behind it when asked for. */
function brokenOff({ torn = new Uint8Array(0), reused = false } = {}) {
  const rig = new WriterRig(2);
  if (reused) {
    rig.write([1], 'x'.repeat(3_000));
    rig.writer.commit();
    rig.shared[0]?.cursor.set(1);
    rig.roll();
    rig.reaper.reap();
  }
  rig.write([1, 2]);
  rig.roll();
  const kept = [rig.write([1]), rig.write([1, 2]), rig.write([])];
  rig.writer.commit();
  rig.files.loseProcess();
  const name = rig.segments.at(-1) as string;
  if (torn.byteLength > 0) {
    const whole = readWhole(rig.files, `${JOURNAL}/${name}`);
    const file = rig.files.overwrite(`${JOURNAL}/${name}`);
    file.append(whole);
    file.append(torn);
  }
  return { rig, kept, name };
}

describe('a journal that is opened', () => {
  it('goes on where it ended, with every entry it had', () => {
    for (const clean of [false, true]) {
      const { rig } = brokenOff();
      if (clean) rig.writer.endSegment();
      const again = new WriterRig(2, { files: rig.files, clean, ends: clean ? rig.ends : undefined });
      expect(again.report.cut).toBeUndefined();
      expect([entriesOf(again, 1).length, entriesOf(again, 2).length]).toEqual([3, 2]);
      const added = again.write([2]);
      again.writer.commit();
      expect(added.position).toBeGreaterThan(again.report.nextPosition);
      expect(entriesOf(again, 2).at(-1)).toBe(added.position);
    }
  });

  it('is not read through after a stop in order', () => {
    const { rig } = brokenOff();
    rig.writer.endSegment();
    let bytesRead = 0;
    rig.files.hook = ({ kind, path, bytes }) => {
      if (kind === 'read' && path.endsWith('.seg')) bytesRead += bytes;
      return undefined;
    };
    new WriterRig(2, { files: rig.files, clean: true, ends: rig.ends });
    expect(bytesRead).toBeLessThan(500);
  });

  it('is read through where nothing says how far it had come, so that an index file that is gone is made anew', () => {
    const { rig } = brokenOff();
    rig.writer.endSegment();
    const first = Number(rig.segments.at(-1)?.slice(0, 16));
    rig.files.remove(`${queueDirectory(1)}/${indexName(first)}`);
    const again = new WriterRig(2, { files: rig.files, clean: true });
    expect([entriesOf(again, 1).length, entriesOf(again, 2).length]).toEqual([3, 2]);
  });

  it('is read through when an index file lacks its footer, whatever was said of the stop', () => {
    const { rig } = brokenOff();
    const again = new WriterRig(2, { files: rig.files, clean: true, ends: rig.ends });
    expect(entriesOf(again, 1).length).toBe(3);
  });

  it('tells what it cut from the end of the last segment, and where', () => {
    const torn = new Uint8Array(17).fill(0xab);
    const { rig, name } = brokenOff({ torn });
    const keptBytes = rig.files.size(`${JOURNAL}/${name}`) - torn.byteLength;
    const again = new WriterRig(2, { files: rig.files });
    expect(again.report.cut).toEqual({ segment: name, keptBytes, cutBytes: 17 });
    expect(again.files.size(`${JOURNAL}/${name}`)).toBe(keptBytes);
    expect(entriesOf(again, 1).length).toBe(3);
  });

  it('is not said to have been cut for what an older segment left in the same file', () => {
    const { rig, name } = brokenOff({ reused: true });
    const before = rig.files.size(`${JOURNAL}/${name}`);
    expect(before).toBeGreaterThan(3_000);
    const again = new WriterRig(2, { files: rig.files });
    expect(again.report.cut).toBeUndefined();
    expect(again.files.size(`${JOURNAL}/${name}`)).toBeLessThan(1_000);
    expect(entriesOf(again, 2).length).toBe(2);
  });

  it('notes no peak of a backlog for entries of which it does not know yet whether they are settled', () => {
    const { rig } = brokenOff();
    const again = new WriterRig(2, { files: rig.files });
    expect(again.shared[0]?.enqueued.get()).toBe(3);
    expect(again.shared[0]?.peak(monotonicSecond(), 60)).toBe(0);
  });

  it('has each entry once, however often its start was cut off', () => {
    for (let step = 0; ; step++) {
      const { rig, kept } = brokenOff({ torn: new Uint8Array(9) });
      let left = step;
      rig.files.hook = () => (--left < 0 ? { error: new Error('killed'), written: 20 } : undefined);
      let killed = false;
      try {
        new WriterRig(2, { files: rig.files });
      } catch {
        killed = true;
      }
      rig.files.loseProcess();
      const again = new WriterRig(2, { files: rig.files });
      expect(entriesOf(again, 1).slice(1)).toEqual(kept.slice(0, 2).map(({ position }) => position));
      expect(entriesOf(again, 2).length).toBe(2);
      if (!killed) break;
    }
  });

  it('leaves nothing behind of what a killed hub had begun', () => {
    const { rig } = brokenOff();
    const begun = [`${JOURNAL}/0000000000009999.seg.tmp`, `${queueDirectory(1)}/${indexName(9_999)}.tmp`];
    for (const path of begun) rig.files.create(path).close();
    const again = new WriterRig(2, { files: rig.files });
    const left = [JOURNAL, queueDirectory(1)].flatMap((directory) => again.files.list(directory));
    expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
