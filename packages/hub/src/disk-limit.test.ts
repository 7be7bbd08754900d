// The bound of the data directory: what counts, when nothing more is taken, and that it goes on by itself.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DiskLimit } from './disk-limit.js';
import { MemoryFiles } from './files/memory-files.js';
import { DiskReserve } from './files/reserve.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

const SEGMENT = 100_000;
const QUEUE = 'data/queues/1-a';

/** @param reserveBytes None by default. */
function rig(maxDiskBytes: number | undefined, space = { freeBytes: 1e12, totalBytes: 1e12 }, reserveBytes?: number) {
  const files = new MemoryFiles();
  files.makeDirectory(`${QUEUE}/settled`);
  const numbers = { bytes: 0, retainedBytes: 0, spareBytes: 0, indexBytes: 0, segments: 1, messages: 0 };
  const journal = { numbers, shortOfSpace: false, outOfSpace: false };
  const reserve = reserveBytes === undefined ? undefined : new DiskReserve(files, 'data', reserveBytes);
  let ended = 0;
  const enqueuer = { nextPosition: 0, committedPosition: 0, endSegment: () => void ended++ };
  const lines: string[] = [];
  const line = (text: string) => void lines.push(text);
  const disk = new DiskLimit({
    files,
    path: 'data',
    queues: () => [QUEUE],
    journal,
    enqueuer,
    segmentBytes: SEGMENT,
    maxDiskBytes,
    log: { debug: line, info: line, warn: line, error: line },
    reserve,
    freeSpace: () => ({ ...space }),
  });
  disk.start();
  /** Takes messages of so many bytes, and commits them. */
  const take = (bytes: number) => {
    enqueuer.nextPosition += bytes;
    enqueuer.committedPosition += bytes;
    numbers.bytes += bytes;
  };
  return { files, numbers, journal, enqueuer, disk, lines, space, take, reserve, ended: () => ended };
}

it('takes nothing from the limit on, at once, and goes on when a twentieth of it is free', () => {
  const { disk, take, numbers, lines } = rig(1_000_000);
  take(999_999);
  expect(disk.refusal).toBeUndefined();
  take(1);
  expect(disk.refusal).toMatchObject({ code: 'DISK_LIMIT', retryable: true });
  expect(disk.snapshot()).toEqual({ bytes: 1_000_000, limitBytes: 1_000_000, full: 'limit' });
  expect(lines).toEqual([expect.stringContaining('maxDiskBytes is 1000000')]);
  numbers.bytes -= 40_000;
  disk.update();
  expect(disk.refusal).toBeDefined();
  numbers.bytes -= 10_001;
  disk.update();
  expect(disk.refusal).toBeUndefined();
  disk.stop();
  expect(lines).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
});

it('counts what is not committed, index files and dead letters, and neither spare segments nor settle logs', () => {
  const { disk, files, enqueuer, numbers } = rig(1_000_000);
  enqueuer.nextPosition = 600_000;
  numbers.bytes = 500_000;
  numbers.spareBytes = 500_000;
  numbers.indexBytes = 300_000;
  files.create(`${QUEUE}/settled/t0-1.log`).append(new Uint8Array(500_000));
  files.makeDirectory(`${QUEUE}/dead`);
  const letters = files.create(`${QUEUE}/dead/t0-1.seg`);
  letters.append(new Uint8Array(99_999));
  vi.advanceTimersByTime(1_000);
  expect(disk.snapshot().bytes).toBe(399_999);
  expect(disk.refusal).toBeUndefined();
  letters.append(new Uint8Array(1));
  vi.advanceTimersByTime(1_000);
  expect(disk.refusal).toMatchObject({ code: 'DISK_LIMIT' });
});

it('keeps no spare segments where they would take the directory beyond its limit', () => {
  const { disk, take, numbers, journal } = rig(1_000_000);
  take(700_000);
  disk.update();
  expect(journal.shortOfSpace).toBe(false);
  numbers.bytes += 2 * SEGMENT;
  numbers.spareBytes += 2 * SEGMENT;
  take(150_000);
  disk.update();
  expect([disk.snapshot().full, journal.shortOfSpace]).toEqual([undefined, true]);
});

it('ends the segment that is being written, once it has been full for a second: what is settled in it can go then', () => {
  const { take, disk, ended } = rig(1_000_000);
  take(1_000_000);
  expect(disk.refusal).toBeDefined();
  vi.advanceTimersByTime(1_000);
  expect(ended()).toBe(1);
});

it('logs that it is over only when it is, and not because the hub stops', () => {
  const { disk, take, numbers, lines } = rig(1_000_000);
  take(1_000_000);
  expect(disk.refusal).toBeDefined();
  vi.advanceTimersByTime(60_000);
  disk.stop();
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.filter((line) => line.startsWith('messages are taken'))).toEqual([]);
  disk.start();
  numbers.bytes = 0;
  disk.update();
  take(1_000_000);
  expect(disk.refusal).toBeDefined();
  numbers.bytes = 0;
  vi.advanceTimersByTime(30_000);
  expect(lines.at(-1)).toContain('messages are taken');
  disk.stop();
});

it('takes nothing either while the file system is nearly full, with what was written since it was asked', () => {
  const space = { freeBytes: 200 << 20, totalBytes: 4e12 };
  const { disk, take } = rig(1e12, space);
  take((136 << 20) - 1);
  expect(disk.refusal).toBeUndefined();
  take(1);
  expect(disk.snapshot().full).toBe('free-space');
  expect(disk.refusal?.message).toContain('kept free');
  space.freeBytes = 64 << 20;
  vi.advanceTimersByTime(1_000);
  expect(disk.refusal).toBeDefined();
  space.freeBytes = 80 << 20;
  vi.advanceTimersByTime(1_000);
  expect(disk.refusal).toBeUndefined();
});

it('asks the file system again before half of what was free is used up: others write to it too', () => {
  const space = { freeBytes: 264 << 20, totalBytes: 4e12 };
  const { disk, take } = rig(1e12, space);
  space.freeBytes = 64 << 20;
  take((100 << 20) - 1);
  expect(disk.refusal).toBeUndefined();
  take(1);
  expect(disk.refusal).toMatchObject({ code: 'DISK_LIMIT' });
});

it('asks no more of a small file system than a twentieth of it', () => {
  const { disk, take } = rig(1e12, { freeBytes: 60 << 20, totalBytes: 100 << 20 });
  take((55 << 20) - 1);
  expect(disk.refusal).toBeUndefined();
  take(1);
  expect(disk.refusal).toMatchObject({ code: 'DISK_LIMIT' });
});

it('is half of what is free and what is taken already, by default, and four segments at least', () => {
  expect(rig(undefined, { freeBytes: 2e9, totalBytes: 4e9 }).disk.snapshot().limitBytes).toBe(1e9);
  expect(rig(undefined, { freeBytes: 1_000, totalBytes: 4e9 }).disk.snapshot().limitBytes).toBe(4 * SEGMENT);
});

const MIB = 1 << 20;

it('gives the reserve up when others have taken nearly all there is; the journal waits, and both are over with that', () => {
  const space = { freeBytes: 500 * MIB, totalBytes: 4e12 };
  const { disk, journal, reserve, lines } = rig(1e12, space, 8 * MIB);
  expect(reserve?.whole).toBe(true);
  space.freeBytes = 8 * MIB;
  vi.advanceTimersByTime(1_000);
  expect([reserve?.whole, disk.snapshot().full, journal.outOfSpace]).toEqual([true, 'free-space', false]);
  space.freeBytes = 8 * MIB - 1;
  vi.advanceTimersByTime(1_000);
  expect([reserve?.bytes, journal.outOfSpace]).toEqual([0, true]);
  expect(lines).toContainEqual(expect.stringContaining('its reserve of 8388608 bytes is given up'));
  // Its room is there for what consumers settle, and for nothing else.
  space.freeBytes = 16 * MIB - 1;
  vi.advanceTimersByTime(1_000);
  expect([reserve?.bytes, journal.outOfSpace]).toEqual([0, true]);
  space.freeBytes = 72 * MIB;
  vi.advanceTimersByTime(1_000);
  expect([reserve?.bytes, journal.outOfSpace, disk.snapshot().full]).toEqual([0, false, 'free-space']);
  space.freeBytes = 80 * MIB;
  vi.advanceTimersByTime(1_000);
  expect([reserve?.whole, disk.snapshot().full]).toEqual([true, undefined]);
});

it('lets what waits for disk space go to the journal when the hub stops, and holds nothing from then on', () => {
  const { disk, journal } = rig(1e12, { freeBytes: 1_000, totalBytes: 4e12 }, 8 * MIB);
  expect(journal.outOfSpace).toBe(true);
  disk.stop();
  disk.update();
  expect(journal.outOfSpace).toBe(false);
});

it('counts what was written since the file system was asked against what is left for consumers', () => {
  const { take, disk, journal } = rig(1e12, { freeBytes: 20 * MIB, totalBytes: 4e12 }, 8 * MIB);
  disk.update();
  expect(journal.outOfSpace).toBe(false);
  take(13 * MIB);
  disk.update();
  expect(journal.outOfSpace).toBe(true);
});
