import { describe, expect, it } from 'vitest';
import { MemoryFiles } from './memory-files.js';
import { DiskReserve, giveUpReserveWhenFull, reserveSize } from './reserve.js';

const SIZE = 3_000_000;
const PATH = '/data/reserve';

function newFiles(): MemoryFiles {
  const files = new MemoryFiles();
  files.makeDirectory('/data');
  return files;
}

describe('the reserve', () => {
  it('is a segment large, between 1 and 8 MiB, and never more than a fiftieth of the disk', () => {
    expect(reserveSize(2 << 20, 1e12)).toBe(2 << 20);
    expect(reserveSize(65_536, 1e12)).toBe(1 << 20);
    expect(reserveSize(64 << 20, 1e12)).toBe(8 << 20);
    expect(reserveSize(64 << 20, 10_000_000)).toBe(200_000);
  });

  it('holds what it is to hold, until it is given up, and is found again by the next start', () => {
    const files = newFiles();
    const reserve = new DiskReserve(files, '/data', SIZE);
    expect([reserve.bytes, reserve.whole]).toEqual([0, false]);
    reserve.make();
    expect([reserve.bytes, reserve.whole, files.size(PATH)]).toEqual([SIZE, true, SIZE]);
    expect(new DiskReserve(files, '/data', SIZE).whole).toBe(true);
    reserve.giveUp();
    expect([reserve.bytes, files.list('/data')]).toEqual([0, []]);
    expect(files.openFiles).toBe(0);
  });

  it('takes the place of one of another size', () => {
    const files = newFiles();
    new DiskReserve(files, '/data', SIZE).make();
    const larger = new DiskReserve(files, '/data', 2 * SIZE);
    expect([larger.bytes, larger.whole]).toEqual([SIZE, false]);
    larger.make();
    expect(files.size(PATH)).toBe(2 * SIZE);
  });

  it('is none when there is no room to make it whole', () => {
    const files = newFiles();
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    let left = 2;
    files.hook = ({ kind }) => (kind === 'append' && --left < 0 ? { error: full, written: 7 } : undefined);
    const reserve = new DiskReserve(files, '/data', SIZE);
    expect(() => reserve.make()).toThrow(full);
    expect([reserve.bytes, files.list('/data'), files.openFiles]).toEqual([0, [], 0]);
  });

  it('is given up before a start that finds less free than it holds, and only then', () => {
    const files = newFiles();
    const free = (freeBytes: number) => () => ({ freeBytes, totalBytes: 1e9 });
    giveUpReserveWhenFull(files, '/data', free(0));
    new DiskReserve(files, '/data', SIZE).make();
    giveUpReserveWhenFull(files, '/data', free(SIZE));
    expect(files.list('/data')).toEqual(['reserve']);
    giveUpReserveWhenFull(files, '/data', free(SIZE - 1));
    expect(files.list('/data')).toEqual([]);
  });
});
