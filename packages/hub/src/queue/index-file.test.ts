// Index files: what was added is in them, their footer says what they hold, and nothing else passes for one.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type File, readWhole } from '../files/files.js';
import { MemoryFiles } from '../files/memory-files.js';
import {
  ENTRY_BYTES,
  FOOTER_BYTES,
  hasTrueEntries,
  INDEX_FORMAT,
  INDEX_HEADER_BYTES,
  IndexWriter,
  indexName,
  readIndexHeader,
  summarizeIndex,
} from './index-file.js';

const QUEUE = '/queue';
const HEADER = { queueNumber: 3, firstPosition: 70_000, baseOrdinal: 500, baseBytes: 123_456 };
const PATH = `${QUEUE}/${indexName(HEADER.firstPosition)}`;

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(QUEUE);
});

function fileOf(bytes: Uint8Array): File {
  const file = new MemoryFiles().create('/x.idx');
  file.append(bytes);
  return file;
}

const anyEntry = fc.record({
  position: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  length: fc.nat({ max: 0x1fff_ffff }),
  flush: fc.boolean(),
});

describe('an index file', () => {
  it('says in its footer what was written, whenever that was flushed', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 40 }), (entries) => {
        files.remove(PATH);
        const writer = new IndexWriter(files, QUEUE, HEADER);
        for (const { position, length, flush } of entries) {
          writer.add(position, length, 0);
          if (flush) writer.flush();
        }
        const bytes = entries.reduce((sum, { length }) => sum + length, 0);
        const reach = Math.min(HEADER.firstPosition, ...entries.map(({ position }) => position));
        const header = { ...HEADER, format: INDEX_FORMAT };
        const checksum = expect.any(Number);
        const summary = { header, entries: entries.length, bytes, reach, closed: true, checksum };
        expect(writer.close()).toEqual(summary);
        expect(summarizeIndex(files, PATH)).toEqual(summary);
      }),
      { numRuns: 200 },
    );
  });

  it('has its entries in the file once they are flushed, and counts only those', () => {
    const writer = new IndexWriter(files, QUEUE, HEADER);
    writer.add(70_000, 100, 0);
    expect([writer.entries, files.size(PATH)]).toEqual([0, INDEX_HEADER_BYTES]);
    writer.flush();
    expect([writer.entries, files.size(PATH)]).toEqual([1, INDEX_HEADER_BYTES + ENTRY_BYTES]);
    writer.abandon();
    expect(files.openFiles).toBe(0);
  });

  it('takes more entries at once than it began with room for', () => {
    const writer = new IndexWriter(files, QUEUE, HEADER);
    for (let index = 0; index < 10_000; index++) writer.add(70_000 + index, 1, index);
    expect(writer.close()).toMatchObject({ entries: 10_000, bytes: 10_000 });
    const words = new DataView(readWhole(files, PATH).slice(INDEX_HEADER_BYTES).buffer);
    for (const index of [0, 4_095, 4_096, 8_191, 8_192, 9_999]) {
      expect([words.getFloat64(index * ENTRY_BYTES, true), words.getUint32(index * ENTRY_BYTES + 12, true)]).toEqual([
        70_000 + index,
        index,
      ]);
    }
  });

  it('without its whole footer is not closed', () => {
    const writer = new IndexWriter(files, QUEUE, HEADER);
    for (let index = 0; index < 5; index++) writer.add(70_000 + index, 10, 0);
    writer.close();
    const whole = readWhole(files, PATH);
    for (let length = INDEX_HEADER_BYTES; length < whole.byteLength; length++) {
      const cut = files.create(`${QUEUE}/cut`);
      cut.append(whole.subarray(0, length));
      cut.close();
      expect(summarizeIndex(files, `${QUEUE}/cut`)).toMatchObject({ header: HEADER, closed: false });
      files.remove(`${QUEUE}/cut`);
    }
  });

  it('is not closed when what its footer says has changed', () => {
    new IndexWriter(files, QUEUE, HEADER).close();
    const whole = readWhole(files, PATH);
    const footer = whole.byteLength - FOOTER_BYTES;
    for (let at = footer; at < footer + FOOTER_BYTES; at++) {
      const changed = files.create(`${QUEUE}/changed`);
      changed.append(whole.with(at, (whole[at] as number) ^ 1));
      changed.close();
      expect(summarizeIndex(files, `${QUEUE}/changed`).closed, `byte ${at - footer} of the footer`).toBe(false);
      files.remove(`${QUEUE}/changed`);
    }
  });

  it('has other entries than were written when any byte of them has changed', () => {
    const writer = new IndexWriter(files, QUEUE, HEADER);
    for (let index = 0; index < 5; index++) {
      writer.add(70_000 + index, 10, index);
      writer.flush();
    }
    const summary = writer.close();
    const whole = readWhole(files, PATH);
    expect(hasTrueEntries(fileOf(whole), summary)).toBe(true);
    for (let at = INDEX_HEADER_BYTES; at < whole.byteLength - FOOTER_BYTES; at++) {
      expect(hasTrueEntries(fileOf(whole.with(at, (whole[at] as number) ^ 1)), summary), `byte ${at}`).toBe(false);
    }
  });

  it('never has a footer that any part of could be read as an entry', () => {
    const writer = new IndexWriter(files, QUEUE, HEADER);
    writer.add(0, 0, 0);
    writer.close();
    const view = new DataView(readWhole(files, PATH).slice(-FOOTER_BYTES).buffer);
    for (let at = 0; at < FOOTER_BYTES; at += ENTRY_BYTES) expect(view.getFloat64(at, true)).toBeLessThan(0);
  });
});

describe('an index file’s header', () => {
  it('is not taken for one when any byte of it has changed, or it is cut short', () => {
    new IndexWriter(files, QUEUE, HEADER).abandon();
    const header = readWhole(files, PATH);
    expect(readIndexHeader(fileOf(header), 'x.idx')).toEqual({ ...HEADER, format: INDEX_FORMAT });
    for (let at = 0; at < INDEX_HEADER_BYTES; at++) {
      const refused = expect.objectContaining({ code: 'DATA_DAMAGED', message: expect.stringContaining('x.idx') });
      expect(() => readIndexHeader(fileOf(header.with(at, (header[at] as number) ^ 4)), 'x.idx'), `byte ${at}`).toThrow(
        refused,
      );
      expect(() => readIndexHeader(fileOf(header.subarray(0, at)), 'x.idx')).toThrow(refused);
    }
  });
});
