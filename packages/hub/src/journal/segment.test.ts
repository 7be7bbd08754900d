// A segment's header: it says what was written, and nothing else passes for it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { File } from '../files/files.js';
import { MemoryFiles } from '../files/memory-files.js';
import {
  encodeSegmentHeader,
  FORMAT_VERSION,
  headerChecksum,
  positionOfName,
  type QueueBase,
  readSegmentHeader,
  segmentName,
} from './segment.js';

function fileOf(bytes: Uint8Array): File {
  const file = new MemoryFiles().create('/x.seg');
  file.append(bytes);
  return file;
}

const anyCount = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyQueues: fc.Arbitrary<QueueBase[]> = fc.array(
  fc.record({ number: fc.nat({ max: 0xffff_ffff }), enqueued: anyCount, enqueuedBytes: anyCount }),
  { maxLength: 20 },
);

describe('a segment’s header', () => {
  it('comes back as it was written, whatever follows it', () => {
    fc.assert(
      fc.property(
        anyCount,
        anyQueues,
        fc.boolean(),
        fc.uint8Array({ maxLength: 50 }),
        (firstPosition, queues, reused, rest) => {
          const header = encodeSegmentHeader(firstPosition, queues, reused);
          const file = fileOf(Buffer.concat([header, rest]));
          expect(readSegmentHeader(file, 'x.seg')).toEqual({
            firstPosition,
            headerBytes: header.byteLength,
            queues,
            reused,
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is not taken for one when any byte of it has changed', () => {
    fc.assert(
      fc.property(anyQueues, fc.integer({ min: 1, max: 255 }), (queues, flip) => {
        const header = encodeSegmentHeader(4_711, queues, false);
        for (let at = 0; at < header.byteLength; at++) {
          const changed = header.slice();
          changed[at] = (changed[at] as number) ^ flip;
          expect(() => readSegmentHeader(fileOf(changed), 'x.seg'), `byte ${at}`).toThrow(
            expect.objectContaining({
              code: expect.stringMatching(/^DATA_/),
              message: expect.stringContaining('x.seg'),
            }),
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is not taken for one when it is cut short anywhere', () => {
    const header = encodeSegmentHeader(0, [{ number: 1, enqueued: 2, enqueuedBytes: 3 }], true);
    for (let length = 0; length < header.byteLength; length++) {
      expect(() => readSegmentHeader(fileOf(header.subarray(0, length)), 'x.seg')).toThrow(
        expect.objectContaining({ code: 'DATA_DAMAGED' }),
      );
    }
  });

  it('of a newer Penstock is refused as such', () => {
    const header = encodeSegmentHeader(0, [], false);
    new DataView(header.buffer).setUint32(8, FORMAT_VERSION + 1, true);
    new DataView(header.buffer).setUint32(16, headerChecksum(header), true);
    expect(() => readSegmentHeader(fileOf(header), 'x.seg')).toThrow(
      expect.objectContaining({ code: 'DATA_FORMAT_UNSUPPORTED' }),
    );
  });
});

describe('a segment’s name', () => {
  it('tells its first position, and sorts as positions do', () => {
    fc.assert(
      fc.property(anyCount, anyCount, (one, other) => {
        expect(positionOfName(segmentName(one), '.seg')).toBe(one);
        expect(segmentName(one) < segmentName(other)).toBe(one < other);
      }),
    );
  });

  it.each([
    '0000000000000001.idx',
    '1.seg',
    '00000000000000001.seg',
    '0000000000000001.seg.tmp',
    'spare-0',
    'a000000000000001.seg',
  ])('%s is none', (name) => {
    expect(positionOfName(name, '.seg')).toBeUndefined();
  });
});
