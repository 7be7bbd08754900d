// Reading entries by ordinal, across index files, while they are written, end and go.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { IndexWriter, indexName } from './index-file.js';
import { ENTRIES_PER_READ, Entries, IndexReader } from './index-reader.js';

const QUEUE = '/queue';

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(QUEUE);
});

/** Entry `ordinal` lies at ten times that position. */
const positionOf = (ordinal: number): number => ordinal * 10;

/** A writer of index files of the given sizes one after the other. */
class Indexes {
  ordinal = 0;
  writer: IndexWriter | undefined;

  begin(): void {
    this.writer = new IndexWriter(files, QUEUE, {
      queueNumber: 1,
      firstPosition: positionOf(this.ordinal),
      baseOrdinal: this.ordinal,
      baseBytes: this.ordinal * 7,
    });
  }

  add(count: number): void {
    for (let left = count; left > 0; left--) this.writer?.add(positionOf(this.ordinal++), 7, 0);
    this.writer?.flush();
  }

  end(): void {
    this.writer?.close();
    this.writer = undefined;
  }

  write(count: number): void {
    this.begin();
    this.add(count);
    this.end();
  }
}

/** Reads entries one read after the other, each from where the last one ended. */
function readAll(reader: IndexReader, from: number, to: number, most = ENTRIES_PER_READ): number[] {
  const entries = new Entries();
  const ordinals: number[] = [];
  for (let at = from; at < to; at += entries.count) {
    reader.read(at, Math.min(most, to - at), entries);
    if (entries.count === 0) return ordinals;
    for (let index = 0; index < entries.count; index++) {
      const right = entries.positions[index] === positionOf(at + index) && entries.lengths[index] === 7;
      ordinals.push(right ? entries.ordinal + index : Number.NaN);
    }
  }
  return ordinals;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe('an index reader', () => {
  it('reads any stretch of a queue, in whatever sizes its files are and in whatever order it is asked', () => {
    const ask = fc.record({
      from: fc.nat({ max: 700 }),
      count: fc.nat({ max: 700 }),
      most: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
        fc.array(ask, { maxLength: 6 }),
        (sizes, asks) => {
          files = new MemoryFiles();
          files.makeDirectory(QUEUE);
          const indexes = new Indexes();
          for (const size of sizes) indexes.write(size);
          const reader = new IndexReader(files, QUEUE);
          for (const { from, count, most } of asks) {
            const to = Math.min(from + count, indexes.ordinal);
            expect(readAll(reader, from, to, most)).toEqual(range(Math.min(from, to), to));
          }
          reader.close();
          expect(files.openFiles).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('has nothing beyond the end, and does not take a footer for entries', () => {
    const indexes = new Indexes();
    indexes.write(3);
    const reader = new IndexReader(files, QUEUE);
    const entries = new Entries();
    for (const ordinal of [3, 4, 5, 6, 7, 100]) {
      reader.read(ordinal, 10, entries);
      expect(entries.count).toBe(0);
    }
    reader.read(2, 10, entries);
    expect(entries.count).toBe(1);
    reader.close();
  });

  it('has nothing of a queue without entries', () => {
    const entries = new Entries();
    new IndexReader(files, QUEUE).read(0, 10, entries);
    new IndexReader(files, '/missing').read(0, 10, entries);
    expect(entries.count).toBe(0);
  });

  it('follows a queue that is being written, into the next file when one ends', () => {
    const indexes = new Indexes();
    const reader = new IndexReader(files, QUEUE);
    let read = 0;
    for (let round = 0; round < 12; round++) {
      if (round % 3 === 0) indexes.begin();
      indexes.add(5);
      if (round % 3 === 2) indexes.end();
      const found = readAll(reader, read, indexes.ordinal);
      expect(found).toEqual(range(read, indexes.ordinal));
      read = indexes.ordinal;
    }
    reader.close();
  });

  it('finds its next entries beyond files that are gone', () => {
    const indexes = new Indexes();
    for (let file = 0; file < 6; file++) indexes.write(10);
    const reader = new IndexReader(files, QUEUE);
    expect(readAll(reader, 0, 10)).toEqual(range(0, 10));
    for (const first of [10, 20, 30]) files.remove(`${QUEUE}/${indexName(positionOf(first))}`);
    expect(readAll(reader, 40, 60)).toEqual(range(40, 60));
    expect(readAll(reader, 0, 10)).toEqual(range(0, 10));
    reader.close();
  });

  it('finds an entry however many files above or below it go away while it looks', () => {
    for (const [vanishing, wanted] of [
      [[20, 30], 5],
      [[20, 30, 40, 50], 12],
      [[0, 10, 20], 55],
      [[10, 30, 50], 25],
      [[10, 20, 30, 40], 59],
    ] as const) {
      files = new MemoryFiles();
      files.makeDirectory(QUEUE);
      const indexes = new Indexes();
      for (let file = 0; file < 6; file++) indexes.write(10);
      // Each goes just as the reader, which has seen its name, is about to open it.
      const left = new Set(vanishing.map((first) => `${QUEUE}/${indexName(positionOf(first))}`));
      files.hook = ({ kind, path }) => {
        if (kind === 'open' && left.delete(path)) files.remove(path);
        return undefined;
      };
      const reader = new IndexReader(files, QUEUE);
      expect(readAll(reader, wanted, wanted + 1)).toEqual([wanted]);
      reader.close();
      expect(files.openFiles).toBe(0);
    }
  });

  it('goes on reading a file that it has open when that is removed', () => {
    const indexes = new Indexes();
    indexes.write(10);
    indexes.write(10);
    const reader = new IndexReader(files, QUEUE);
    expect(readAll(reader, 0, 2)).toEqual([0, 1]);
    files.remove(`${QUEUE}/${indexName(0)}`);
    expect(readAll(reader, 2, 10)).toEqual(range(2, 10));
    reader.close();
  });

  it('has nothing of a file that is no index file, and whose segment is gone', () => {
    new Indexes().write(1);
    files.remove(`${QUEUE}/${indexName(0)}`);
    const damaged = files.create(`${QUEUE}/${indexName(0)}`);
    damaged.append(new Uint8Array(100));
    damaged.close();
    const entries = new Entries();
    new IndexReader(files, QUEUE).read(0, 1, entries);
    expect([entries.count, entries.missing]).toEqual([0, 1]);
    expect(files.openFiles).toBe(0);
  });
});
