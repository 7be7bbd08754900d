// Fetching records by position: the right bytes, in few reads, while segments come and go.
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { readWhole } from '../files/files.js';
import { MemoryFiles } from '../files/memory-files.js';
import { recordProblem } from './record.js';
import { type EntryRange, RecordReader } from './record-reader.js';
import { type ExampleMessage, type ExampleSegment, exampleRecord, writeExampleSegment } from './segment.fixture.js';

const JOURNAL = '/journal';

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(JOURNAL);
});

function rangeOf(entries: readonly { position: number; length: number }[]): EntryRange {
  return {
    positions: Float64Array.from(entries, ({ position }) => position),
    lengths: Uint32Array.from(entries, ({ length }) => length),
    count: entries.length,
  };
}

const entriesOf = ({ positions, lengths }: ExampleSegment) =>
  positions.map((position, index) => ({ position, length: lengths[index] as number }));

/** Fetches a whole range, slab after slab; the bytes of each record, and how many reads it took. */
function fetchAll(reader: RecordReader, range: EntryRange): { records: Buffer[]; slabs: number } {
  const records: Buffer[] = [];
  let slabs = 0;
  for (let from = 0; from < range.count; slabs++) {
    const slab = reader.fetch(range, from);
    expect(slab.entries).toBeGreaterThan(0);
    for (let index = from; index < from + slab.entries; index++) {
      const position = range.positions[index] as number;
      const at = position - slab.start;
      expect(recordProblem(slab.bytes, slab.view, at, slab.end, position)).toBeUndefined();
      records.push(slab.bytes.subarray(at, at + (range.lengths[index] as number)));
    }
    from += slab.entries;
  }
  return { records, slabs };
}

/** How many bytes of a range's record were there to be read. */
function bytesThere(reader: RecordReader, range: EntryRange, index: number): number {
  const { start, end } = reader.fetch(range, index);
  return end - ((range.positions[index] as number) - start);
}

/** Messages in segments that follow each other. */
function writeJournal(
  segments: readonly (readonly ExampleMessage[])[],
  from = 0,
): { position: number; length: number; message: ExampleMessage }[] {
  let position = from;
  return segments.flatMap((messages) => {
    const segment = writeExampleSegment(files, JOURNAL, position, messages);
    position = segment.endPosition;
    return entriesOf(segment).map((entry, index) => ({ ...entry, message: messages[index] as ExampleMessage }));
  });
}

describe('a record reader', () => {
  it('brings each record of any run of entries, across segments and gaps, whatever their sizes', () => {
    const message = fc.record({
      body: fc
        .oneof(fc.nat({ max: 200 }), fc.nat({ max: 9_000 }), fc.nat({ max: 140_000 }))
        .map((size) => 'x'.repeat(size)),
    });
    const journal = fc.array(fc.array(message, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(journal, fc.infiniteStream(fc.boolean()), (segments, picks) => {
        files = new MemoryFiles();
        files.makeDirectory(JOURNAL);
        const wanted = writeJournal(segments).filter(() => picks.next().value);
        const reader = new RecordReader(files, JOURNAL, 0);
        const { records } = fetchAll(reader, rangeOf(wanted));
        expect(records.length).toBe(wanted.length);
        for (const [index, { position, message }] of wanted.entries()) {
          expect(exampleRecord(position, message).equals(records[index] as Buffer)).toBe(true);
        }
        reader.close();
        expect(files.openFiles).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('takes records that lie close together with one read', () => {
    const entries = writeJournal([Array.from({ length: 100 }, () => ({ body: 'x'.repeat(200) }))]);
    const reader = new RecordReader(files, JOURNAL, 0);
    expect(fetchAll(reader, rangeOf(entries)).slabs).toBe(1);
    const everyThird = entries.filter((_, index) => index % 3 === 0);
    expect(fetchAll(reader, rangeOf(everyThird)).slabs).toBe(1);
    reader.close();
  });

  it('brings entries that point back, as a queue has that begins with what was there', () => {
    const entries = writeJournal([[{ body: 'a' }, { body: 'b' }], [{ body: 'c' }]]);
    const reader = new RecordReader(files, JOURNAL, 0);
    const shuffled = [entries[2], entries[0], entries[1], entries[0]] as typeof entries;
    const { records } = fetchAll(reader, rangeOf(shuffled));
    expect(records.map((record) => record.toString('latin1').slice(-1))).toEqual(['c', 'a', 'b', 'a']);
    reader.close();
  });

  it('reads short records that lie apart into memory of their own, though they share it', () => {
    const entries = writeJournal([Array.from({ length: 300 }, (_, index) => ({ body: `${index}`.padEnd(200) }))]);
    const far = entries.filter((_, index) => index % 25 === 0);
    const reader = new RecordReader(files, JOURNAL, 0);
    const { records, slabs } = fetchAll(reader, rangeOf(far));
    const again = fetchAll(reader, rangeOf(far)).records;
    expect(slabs).toBe(far.length);
    for (const [index, record] of records.entries()) {
      const { position, message } = far[index] as (typeof far)[number];
      expect(exampleRecord(position, message).equals(record)).toBe(true);
      expect(exampleRecord(position, message).equals(again[index] as Buffer)).toBe(true);
    }
    expect(new Set(records.map(({ buffer }) => buffer)).size).toBeLessThan(records.length / 2);
    reader.close();
  });

  it('keeps the memory that records share, also when somebody transfers one of them to another thread', () => {
    const entries = writeJournal([[{ body: 'a' }, { body: 'b' }]]);
    const reader = new RecordReader(files, JOURNAL, 0);
    const [first, second] = fetchAll(reader, rangeOf(entries)).records as [Buffer, Buffer];
    const { port1, port2 } = new MessageChannel();
    try {
      port1.postMessage(first, [first.buffer as ArrayBuffer]);
    } catch {
      // Newer releases of Node refuse, older ones copy.
    }
    port1.close();
    port2.close();
    expect(second.toString('latin1').slice(-1)).toBe('b');
    reader.close();
  });

  it('finds what lies in segments that began after it last looked', () => {
    const first = writeJournal([[{ body: 'a' }]]);
    const reader = new RecordReader(files, JOURNAL, 0);
    fetchAll(reader, rangeOf(first));
    const end = (first[0]?.position ?? 0) + (first[0]?.length ?? 0);
    const later = writeJournal([[{ body: 'b' }, { body: 'c' }], [{ body: 'd' }]], end);
    const { records } = fetchAll(reader, rangeOf([...first, ...later]));
    expect(records.map((record) => record.toString('latin1').slice(-1))).toEqual(['a', 'b', 'c', 'd']);
    reader.close();
  });

  it('says that a record is not there when its segment is gone, or shorter than it was', () => {
    const entries = writeJournal([[{ body: 'a' }], [{ body: 'b' }]]);
    const reader = new RecordReader(files, JOURNAL, 0);
    files.remove(`${JOURNAL}/0000000000000000.seg`);
    expect(bytesThere(reader, rangeOf(entries), 0)).toBe(0);
    expect(bytesThere(reader, rangeOf(entries), 1)).toBe(entries[1]?.length);
    const beyond = [{ position: (entries[1]?.position ?? 0) + 10_000, length: 100 }];
    expect(bytesThere(reader, rangeOf(beyond), 0)).toBe(0);
    reader.close();
  });

  it('does not take for the old segment the newer one that was written over its file', () => {
    const [old] = writeJournal([[{ body: 'x'.repeat(1_000) }]]);
    const reader = new RecordReader(files, JOURNAL, 0);
    fetchAll(reader, rangeOf([old as NonNullable<typeof old>]));
    // The reader knows only the old segment, and has its file open, which becomes that of a much longer one.
    const from = (old?.position ?? 0) + (old?.length ?? 0);
    const newer = writeJournal([Array.from({ length: 40 }, (_, index) => ({ body: `${index}`.padEnd(100) }))], from);
    const name = (position: number) => `${JOURNAL}/${String(position).padStart(16, '0')}.seg`;
    const bytes = readWhole(files, name(from));
    const reused = files.overwrite(name(0));
    reused.append(bytes);
    reused.close();
    files.rename(name(0), name(from));
    const { records } = fetchAll(reader, rangeOf(newer));
    expect(records.map((record) => Number(record.toString('latin1').slice(-100)))).toEqual(
      newer.map((_, index) => index),
    );
    reader.close();
  });

  it('says that there is nothing in a journal without segments', () => {
    const reader = new RecordReader(files, JOURNAL, 0);
    expect(reader.fetch(rangeOf([{ position: 0, length: 50 }]), 0).end).toBe(0);
    reader.close();
  });

  it('calls bytes fresh only where this run of the hub wrote them, in the segment it wrote last', () => {
    const entries = writeJournal([[{ body: 'a' }], [{ body: 'b' }], [{ body: 'c' }]]);
    const range = rangeOf(entries);
    const freshFrom = (position: number) => {
      const reader = new RecordReader(files, JOURNAL, position);
      const fresh = entries.map((_, index) => reader.fetch(range, index).fresh);
      reader.close();
      return fresh;
    };
    expect(freshFrom(0)).toEqual([false, false, true]);
    expect(freshFrom(entries[2]?.position ?? 0)).toEqual([false, false, true]);
    expect(freshFrom((entries[2]?.position ?? 0) + 1)).toEqual([false, false, false]);
  });

  it('keeps only a few segments open, however many it reads from', () => {
    const entries = writeJournal(Array.from({ length: 20 }, () => [{ body: 'x' }]));
    const reader = new RecordReader(files, JOURNAL, 0);
    fetchAll(reader, rangeOf(entries));
    fetchAll(reader, rangeOf(entries.toReversed()));
    expect(files.openFiles).toBeLessThanOrEqual(4);
    reader.close();
    expect(files.openFiles).toBe(0);
  });
});
