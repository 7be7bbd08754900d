// The way back to whole records behind damage: found wherever the damage is, and never taken for what it is not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { File } from '../files/files.js';
import { MemoryFiles } from '../files/memory-files.js';
import { findHeaderBytes, scanPastDamage } from './resync.js';
import { exampleRecord } from './segment.fixture.js';
import { encodeSegmentHeader, readSegmentHeader } from './segment.js';

const FIRST = 7_000;

function segmentOf(bodies: readonly string[]): { bytes: Buffer; positions: number[] } {
  const parts: Uint8Array[] = [encodeSegmentHeader(FIRST, [{ number: 1, enqueued: 0, enqueuedBytes: 0 }], false)];
  const positions: number[] = [];
  let position = FIRST;
  for (const body of bodies) {
    const record = exampleRecord(position, { body });
    parts.push(record);
    positions.push(position);
    position += record.byteLength;
  }
  return { bytes: Buffer.concat(parts), positions };
}

function fileOf(bytes: Uint8Array): File {
  const file = new MemoryFiles().create('/x.seg');
  file.append(bytes);
  return file;
}

describe('damage in a segment', () => {
  it('hides just the records that it is in, whatever the records and the damage are', () => {
    const bodies = fc.array(fc.string({ maxLength: 60 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        bodies,
        fc.nat(),
        fc.integer({ min: 1, max: 200 }),
        fc.nat({ max: 255 }),
        (texts, where, length, filler) => {
          const { bytes, positions } = segmentOf(texts);
          const header = readSegmentHeader(fileOf(bytes), 'x.seg');
          const from = header.headerBytes + (where % (bytes.byteLength - header.headerBytes));
          const to = Math.min(bytes.byteLength, from + length);
          const damaged = Buffer.from(bytes).fill(filler, from, to);
          const found: number[] = [];
          scanPastDamage(
            fileOf(damaged),
            header,
            ({ position }) => found.push(position) > 0,
            () => true,
          );
          const ends = [...positions.slice(1), FIRST + bytes.byteLength - header.headerBytes];
          const untouched = positions.filter((position, index) => {
            const start = header.headerBytes + position - FIRST;
            const end = header.headerBytes + (ends[index] as number) - FIRST;
            return damaged.subarray(start, end).equals(bytes.subarray(start, end));
          });
          expect(found).toEqual(untouched);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of the header leaves it known where the records begin', () => {
    const { bytes } = segmentOf(['a', 'b', 'c']);
    const { headerBytes } = readSegmentHeader(fileOf(bytes), 'x.seg');
    const damaged = Buffer.from(bytes).fill(0, 0, headerBytes + 20);
    expect(findHeaderBytes(fileOf(damaged), FIRST)).toBe(headerBytes);
    expect(findHeaderBytes(fileOf(damaged.subarray(0, headerBytes + 30)), FIRST)).toBeUndefined();
    expect(findHeaderBytes(fileOf(damaged), FIRST + 1)).toBeUndefined();
  });
});
