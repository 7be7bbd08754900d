// Segments that nobody needs stay for as long as `retain` says, and go oldest first.
import { describe, expect, it } from 'vitest';
import type { Retention } from '../protocol.js';
import { queueDirectory, WriterRig } from './writer-rig.fixture.js';

const MINUTE_MS = 60_000;

/** A rig with so many settled segments, a minute from the end of one to the end of the next, and an open one. */
function withSettled(count: number, retain: Retention): WriterRig {
  const rig = new WriterRig(1, { retain });
  for (let segment = 0; segment < count; segment++) {
    rig.write([1]);
    rig.nowMs += MINUTE_MS;
    rig.write([1]);
    rig.writer.commit();
    rig.roll();
  }
  rig.shared[0]?.cursor.set(2 * count);
  return rig;
}

const indexesOf = (rig: WriterRig): string[] =>
  rig.files.list(queueDirectory(1)).filter((name) => name.endsWith('.idx'));

describe('a segment that nobody needs', () => {
  it('goes at once when nothing retains it', () => {
    expect(withSettled(3, {}).reaper.reap()).toHaveLength(3);
  });

  it('stays until its last record is older than forMs, and is counted', () => {
    const rig = withSettled(3, { forMs: 5 * MINUTE_MS });
    const before = rig.segments;
    expect(rig.reaper.reap()).toEqual([]);
    expect(rig.retained.bytes).toBe(rig.reaper.segments.reduce((sum, { bytes }) => sum + bytes, 0));
    rig.nowMs += 3 * MINUTE_MS;
    // The first one ended five minutes ago to the millisecond.
    expect(rig.reaper.reap()).toEqual([]);
    rig.nowMs += 1;
    expect(rig.reaper.reap().map(({ segment }) => segment)).toEqual([before[0]]);
    rig.nowMs += 2 * MINUTE_MS;
    expect(rig.reaper.reap()).toHaveLength(2);
    expect(rig.retained.bytes).toBe(0);
  });

  it('goes, the oldest first, when those that stay take more than bytes', () => {
    const bytes = withSettled(1, {}).reaper.segments[0]?.bytes ?? 0;
    const rig = withSettled(4, { bytes: 2 * bytes + 1 });
    const before = rig.segments;
    expect(rig.reaper.reap().map(({ segment }) => segment)).toEqual(before.slice(0, 2));
    rig.nowMs += 1_000 * MINUTE_MS;
    expect(rig.reaper.reap()).toEqual([]);
  });

  it('goes for bytes whatever forMs says', () => {
    expect(withSettled(3, { forMs: 1_000 * MINUTE_MS, bytes: 0 }).reaper.reap()).toHaveLength(3);
  });

  it('has its age from its records after a restart too', () => {
    const { files, nowMs } = withSettled(3, { forMs: 5 * MINUTE_MS });
    const again = new WriterRig(1, { files, retain: { forMs: 5 * MINUTE_MS } });
    again.shared[0]?.cursor.set(6);
    again.nowMs = nowMs + 4 * MINUTE_MS + 1;
    expect(again.reaper.reap()).toHaveLength(2);
  });

  it('loses its index files at once, and without them is no loss at the next start', () => {
    const rig = withSettled(3, { forMs: MINUTE_MS });
    expect(indexesOf(rig)).toHaveLength(3);
    rig.nowMs = 0;
    expect(rig.reaper.reap()).toEqual([]);
    expect(indexesOf(rig)).toEqual([]);
    const again = new WriterRig(1, { files: rig.files, retain: { forMs: MINUTE_MS } });
    expect(again.shared[0]?.enqueued.get()).toBe(6);
    expect(again.reaper.segments).toHaveLength(3);
  });

  it('stays while an entry that was put into a queue later points to it', () => {
    const rig = withSettled(2, { forMs: MINUTE_MS });
    const position = rig.reaper.segments[0]?.firstPosition ?? -1;
    rig.reaper.reap();
    rig.reference(1, [{ position, length: 50, keyHash: 0 }]);
    rig.writer.commit();
    rig.nowMs += 10 * MINUTE_MS;
    expect(rig.reaper.reap()).toEqual([]);
    expect(rig.retained.bytes).toBe(0);
    rig.shared[0]?.cursor.set(5);
    expect(rig.reaper.reap()).toHaveLength(2);
  });
});

describe('a pin', () => {
  it('holds what lies from its position on, until it is moved or taken away', () => {
    const rig = withSettled(3, {});
    const [, second, third] = rig.reaper.segments.map(({ firstPosition }) => firstPosition) as [number, number, number];
    rig.retained.pin(1, second + 1);
    rig.retained.pin(2, third);
    expect(rig.reaper.reap()).toHaveLength(1);
    rig.retained.pin(1, third);
    expect(rig.reaper.reap()).toHaveLength(1);
    rig.retained.unpin(2);
    expect(rig.reaper.reap()).toEqual([]);
    rig.retained.unpin(1);
    expect(rig.reaper.reap()).toHaveLength(1);
  });
});

describe('while disk space is short', () => {
  it('one goes after the other, and none that is pinned', () => {
    const rig = withSettled(3, { forMs: 1_000 * MINUTE_MS });
    const last = rig.reaper.segments.at(-1)?.firstPosition ?? 0;
    rig.retained.pin(1, last);
    rig.retained.shortOfSpace = true;
    expect(rig.reaper.reap()).toHaveLength(1);
    const until = performance.now() + 10_000;
    while (rig.reaper.segments.length > 1 && performance.now() < until) rig.reaper.reap();
    rig.retained.shortOfSpace = false;
    expect(rig.reaper.segments.map(({ firstPosition }) => firstPosition)).toEqual([last]);
  });
});
