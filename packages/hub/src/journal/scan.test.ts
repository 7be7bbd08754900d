// Walking through a segment: all whole records up to the first that is not one, wherever it was torn.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Files } from '../files/files.js';
import { readWhole } from '../files/files.js';
import { MemoryFiles } from '../files/memory-files.js';
import { type ScanEnd, scanSegment } from './scan.js';
import { type ExampleMessage, exampleRecord, writeExampleSegment } from './segment.fixture.js';
import { encodeSegmentHeader, readSegmentHeader } from './segment.js';

const FIRST = 10_000;

/** Scans a file's bytes; what it found, and where it ended. */
function scan(bytes: Uint8Array): { positions: number[]; end: ScanEnd } {
  const files: Files = new MemoryFiles();
  const file = files.create('/x.seg');
  file.append(bytes);
  const positions: number[] = [];
  const end = scanSegment(file, readSegmentHeader(file, '/x.seg'), ({ position, bytes: chunk, at, length }) => {
    const offset = headerBytes + position - FIRST;
    expect(chunk.compare(bytes, offset, offset + length, at, at + length)).toBe(0);
    positions.push(position);
    return true;
  });
  return { positions, end };
}

const header = encodeSegmentHeader(FIRST, [{ number: 1, enqueued: 0, enqueuedBytes: 0 }], false);
const headerBytes = header.byteLength;

function segmentOf(messages: readonly ExampleMessage[]): { bytes: Buffer; positions: number[]; ends: number[] } {
  const positions: number[] = [];
  const ends: number[] = [];
  const parts: Uint8Array[] = [header];
  let position = FIRST;
  for (const message of messages) {
    const record = exampleRecord(position, message);
    parts.push(record);
    positions.push(position);
    position += record.byteLength;
    ends.push(headerBytes + position - FIRST);
  }
  return { bytes: Buffer.concat(parts), positions, ends };
}

const THREE = [{ body: 'one' }, { body: 'two two' }, { body: 'x'.repeat(100), headers: { a: 'b' } }];

describe('a scan through a segment', () => {
  it('finds each record, and ends with the file', () => {
    const { bytes, positions } = segmentOf(THREE);
    const found = scan(bytes);
    expect(found.positions).toEqual(positions);
    expect(found.end).toEqual({
      offset: bytes.byteLength,
      position: FIRST + bytes.byteLength - headerBytes,
      problem: undefined,
      begunBytes: 0,
    });
  });

  it('finds nothing in a segment that was only begun', () => {
    expect(scan(Buffer.from(header))).toEqual({
      positions: [],
      end: { offset: headerBytes, position: FIRST, problem: undefined, begunBytes: 0 },
    });
  });

  it('cut off at any byte, finds the records before it and says where the rest begins', () => {
    const { bytes, positions, ends } = segmentOf(THREE);
    for (let length = headerBytes; length < bytes.byteLength; length++) {
      const whole = ends.filter((end) => end <= length).length;
      const offset = ends[whole - 1] ?? headerBytes;
      const { positions: found, end } = scan(bytes.subarray(0, length));
      expect(found).toEqual(positions.slice(0, whole));
      expect(end).toMatchObject({ offset, position: FIRST + offset - headerBytes });
      expect(end.problem).toBe(offset === length ? undefined : 'short');
    }
  });

  it('ends at a record of which any byte has changed', () => {
    const { bytes, positions, ends } = segmentOf(THREE);
    for (let at = headerBytes; at < bytes.byteLength; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 0x40;
      const { positions: found, end } = scan(changed);
      const damaged = ends.findIndex((each) => each > at);
      expect(found).toEqual(positions.slice(0, damaged));
      expect(end.offset).toBe(ends[damaged - 1] ?? headerBytes);
      expect(end.problem).toBeDefined();
    }
  });

  it('does not take for records what an older segment left behind the last one', () => {
    const { bytes, positions } = segmentOf(THREE);
    const older = [0, 5_000, FIRST - 100].map((position) => exampleRecord(position, { body: 'old' }));
    for (const rest of [Buffer.alloc(500), ...older, Buffer.concat(older).subarray(7)]) {
      const { positions: found, end } = scan(Buffer.concat([bytes, rest]));
      expect(found).toEqual(positions);
      expect(end).toMatchObject({ offset: bytes.byteLength, begunBytes: 0 });
    }
  });

  it('tells the beginning of the next record from what was left of an older segment', () => {
    const { bytes } = segmentOf(THREE);
    const next = exampleRecord(FIRST + bytes.byteLength - headerBytes, { body: 'torn' });
    const old = exampleRecord(3, { body: 'x'.repeat(next.byteLength) });
    for (let length = 16; length < next.byteLength; length++) {
      const torn = Buffer.concat([bytes, next.subarray(0, length), old.subarray(length)]);
      expect(scan(torn).end).toMatchObject({ offset: bytes.byteLength, begunBytes: expect.any(Number) });
    }
  });

  it('reads records that are larger than what it reads at a time', () => {
    const large = segmentOf([
      { body: 'small' },
      { body: 'x'.repeat(3_000_000) },
      { body: 'y'.repeat(1_048_500) },
      { body: 'z' },
    ]);
    expect(scan(large.bytes)).toMatchObject({
      positions: large.positions,
      end: { offset: large.bytes.byteLength, problem: undefined },
    });
    const cut = large.bytes.subarray(0, 2_000_000);
    expect(scan(cut)).toMatchObject({
      positions: large.positions.slice(0, 1),
      end: { problem: 'short', offset: large.ends[0] },
    });
  });

  it('finds the same however the records lie to what it reads at a time', () => {
    const anyMessages = fc.array(
      fc.nat({ max: 400_000 }).map((length) => ({ body: 'x'.repeat(length) })),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(anyMessages, (messages) => {
        const { bytes, positions } = segmentOf(messages);
        expect(scan(bytes)).toMatchObject({ positions, end: { offset: bytes.byteLength, problem: undefined } });
      }),
      { numRuns: 20 },
    );
  });

  it('ends when it is told to, behind the record it was told at', () => {
    const files = new MemoryFiles();
    files.makeDirectory('/journal');
    const { path, positions } = writeExampleSegment(files, '/journal', FIRST, THREE);
    const file = files.open(path);
    const seen: number[] = [];
    const end = scanSegment(file, readSegmentHeader(file, path), ({ position }) => {
      seen.push(position);
      return seen.length < 2;
    });
    expect(seen).toEqual(positions.slice(0, 2));
    expect(end).toMatchObject({ position: positions[2], problem: undefined });
    expect(readWhole(files, path).byteLength).toBeGreaterThan(end.offset);
  });
});
