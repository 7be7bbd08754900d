// Entries in the order of a queue, each with its record; what cannot be read is told, and costs no other entry.
import { beforeEach, describe, expect, it } from 'vitest';
import { readWhole } from '../../files/files.js';
import { MemoryFiles } from '../../files/memory-files.js';
import { type ExampleSegment, writeExampleSegment } from '../../journal/segment.fixture.js';
import { IndexWriter } from '../../queue/index-file.js';
import { EntryReader } from './entry-reader.js';

const JOURNAL = '/journal';
const QUEUE = '/queue';

let files: MemoryFiles;
let segments: ExampleSegment[];
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(JOURNAL);
  files.makeDirectory(QUEUE);
  segments = [];
});

/** Writes segments, and a queue that has every message of them. */
function write(lists: readonly (readonly string[])[]): void {
  let position = 0;
  let ordinal = 0;
  for (const bodies of lists) {
    const segment = writeExampleSegment(
      files,
      JOURNAL,
      position,
      bodies.map((body) => ({ body })),
    );
    const index = new IndexWriter(files, QUEUE, {
      queueNumber: 1,
      firstPosition: position,
      baseOrdinal: ordinal,
      baseBytes: 0,
    });
    for (const [at, each] of segment.positions.entries()) index.add(each, segment.lengths[at] as number, 0);
    index.close();
    segments.push(segment);
    position = segment.endPosition;
    ordinal += bodies.length;
  }
}

const readerOf = (freshFrom = Number.POSITIVE_INFINITY): EntryReader =>
  new EntryReader(files, JOURNAL, QUEUE, freshFrom);

/** Reads an entry: its body, or what is wrong with it. */
function read(reader: EntryReader, ordinal: number, ahead = 256): string {
  const problem = reader.read(ordinal, ahead);
  if (problem !== undefined) return `! ${problem}`;
  const { slab, at, length } = reader;
  return slab.bytes.toString('latin1', at, at + length).replace(/^[\s\S]*org\.example/, '');
}

/** Changes one byte of the body of a message. */
function damage(segment: number, message: number): void {
  const { path, positions, lengths } = segments[segment] as ExampleSegment;
  const whole = readWhole(files, path);
  const end = whole.byteLength - ((segments[segment] as ExampleSegment).endPosition - (positions[message] as number));
  const at = end + (lengths[message] as number) - 1;
  const file = files.overwrite(path);
  file.append(whole.with(at, (whole[at] as number) ^ 1));
  file.close();
}

describe('an entry reader', () => {
  it('brings each entry in order, across segments', () => {
    write([['a', 'b', 'c'], ['d'], ['e', 'f']]);
    const reader = readerOf();
    expect([0, 1, 2, 3, 4, 5].map((ordinal) => read(reader, ordinal))).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    reader.close();
    expect(files.openFiles).toBe(0);
  });

  it('goes back to what an ended thread left, and on again', () => {
    write([Array.from({ length: 600 }, (_, index) => `${index}.`)]);
    const reader = readerOf();
    const order = [599, 3, 4, 300, 0, 1, 2, 299, 301, 598];
    expect(order.map((ordinal) => read(reader, ordinal))).toEqual(order.map((ordinal) => `${ordinal}.`));
    reader.close();
  });

  it('never reads ahead of what it was told is there', () => {
    write([['a', 'b', 'c']]);
    const reader = readerOf();
    expect(read(reader, 0, 1)).toBe('a');
    expect(read(reader, 1, 2)).toBe('b');
    expect(read(reader, 2, 1)).toBe('c');
    reader.close();
  });

  it('tells which record is not what was written, and reads those around it', () => {
    write([['a', 'b', 'c']]);
    damage(0, 1);
    const reader = readerOf();
    expect([0, 1, 2].map((ordinal) => read(reader, ordinal))).toEqual(['a', '! its record has a wrong checksum', 'c']);
    expect([reader.position, reader.length]).toEqual([segments[0]?.positions[2], segments[0]?.lengths[2]]);
    reader.close();
  });

  it('spares the checksum of what this run of the hub has just written, and of nothing else', () => {
    write([['a'], ['b']]);
    damage(0, 0);
    damage(1, 0);
    const reader = readerOf(0);
    expect(read(reader, 0)).toBe('! its record has a wrong checksum');
    expect(read(reader, 1)).toBe('c');
    reader.close();
  });

  it('tells where an entry lay whose record is gone', () => {
    write([['a'], ['b']]);
    files.remove((segments[0] as ExampleSegment).path);
    const reader = readerOf();
    expect(read(reader, 0)).toBe('! its record has a wrong short');
    expect([reader.position, reader.length]).toEqual([0, segments[0]?.lengths[0]]);
    expect(read(reader, 1)).toBe('b');
    reader.close();
  });

  it('tells that an entry is missing from its index', () => {
    write([['a']]);
    const reader = readerOf();
    expect(read(reader, 1)).toBe('! its index entry is missing');
    expect(reader.length).toBe(0);
    expect(read(reader, 0)).toBe('a');
    reader.close();
  });
});
