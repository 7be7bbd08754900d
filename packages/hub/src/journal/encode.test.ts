// Records: what is encoded comes back, fits the room that was reckoned for it, and is told from anything else.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dataRoom,
  encodeData,
  encodeRef,
  encodeRoute,
  MOST_REFS,
  placeRecord,
  readRef,
  readRoute,
  refRoom,
  routeRoom,
} from './encode.js';
import { AT, RECORD_HEADER_BYTES, RecordKind, recordProblem, sealRecord, viewOf } from './record.js';
import { exampleRecord } from './segment.fixture.js';

const anyText = (maxLength: number) => fc.string({ unit: 'binary', maxLength });
const anyFields = fc.record({
  topic: anyText(40).map((topic) => new TextEncoder().encode(topic)),
  body: fc.oneof(anyText(200), fc.uint8Array({ maxLength: 200 })),
  headers: fc.oneof(fc.constant(undefined), fc.dictionary(anyText(20), anyText(40), { maxKeys: 5 })),
  id: fc.oneof(fc.constant(undefined), anyText(80)),
});
const anyPosition = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('a DATA record', () => {
  it('fits the room that was reckoned for it, and touches nothing beyond', () => {
    fc.assert(
      fc.property(anyFields, fc.nat({ max: 100 }), (fields, at) => {
        const bytes = Buffer.alloc(at + dataRoom(fields) + 8, 0xee);
        const length = encodeData(bytes, viewOf(bytes), at, fields);
        expect(length).toBeLessThanOrEqual(dataRoom(fields));
        expect(bytes.subarray(0, at).every((byte) => byte === 0xee)).toBe(true);
        expect(bytes.subarray(at + dataRoom(fields)).every((byte) => byte === 0xee)).toBe(true);
        expect(bytes.readUInt32LE(at + AT.length)).toBe(length);
      }),
      { numRuns: 300 },
    );
  });

  it('is known by its position, once it is sealed', () => {
    fc.assert(
      fc.property(anyFields, anyPosition, anyPosition, (fields, position, other) => {
        const bytes = Buffer.alloc(dataRoom(fields));
        const view = viewOf(bytes);
        const length = encodeData(bytes, view, 0, fields);
        placeRecord(view, 0, position, Date.now(), 7);
        sealRecord(view, 0, length);
        expect(recordProblem(bytes, view, 0, length, position)).toBeUndefined();
        if (other !== position) expect(recordProblem(bytes, view, 0, length, other)).toBe('position');
        for (const end of [0, RECORD_HEADER_BYTES - 1, length - 1]) {
          expect(recordProblem(bytes, view, 0, end, position)).toBe('short');
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is not taken for what was written when any byte of it has changed', () => {
    const change = fc.record({
      fields: anyFields,
      position: anyPosition,
      flip: fc.integer({ min: 1, max: 255 }),
      behind: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(change, ({ fields, position, flip, behind }) => {
        const record = Buffer.alloc(dataRoom(fields));
        const length = encodeData(record, viewOf(record), 0, fields);
        placeRecord(viewOf(record), 0, position, Date.now(), 1);
        sealRecord(viewOf(record), 0, length);
        // What follows it can be anything, so that a length that has changed finds bytes to point to.
        const bytes = Buffer.concat([record.subarray(0, length), behind]);
        const view = viewOf(bytes);
        for (let at = 0; at < length; at++) {
          bytes[at] = (bytes[at] as number) ^ flip;
          expect(recordProblem(bytes, view, 0, bytes.byteLength, position), `byte ${at}`).toBeDefined();
          bytes[at] = (bytes[at] as number) ^ flip;
        }
        expect(recordProblem(bytes, view, 0, bytes.byteLength, position)).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('is told from zeros, from noise and from an older record in its place', () => {
    const zeros = Buffer.alloc(200);
    expect(recordProblem(zeros, viewOf(zeros), 0, 200, 0)).toBe('length');
    const old = exampleRecord(1_000);
    expect(recordProblem(old, viewOf(old), 0, old.byteLength, 9_000)).toBe('position');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 300 }), anyPosition, (noise, position) => {
        expect(recordProblem(noise, viewOf(noise), 0, noise.byteLength, position)).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the longest topic, id and headers together', () => {
    const fields = { topic: 't'.repeat(1_024), id: 'é'.repeat(2_000), headers: { h: 'x'.repeat(8_000) }, body: 'b' };
    const record = exampleRecord(5, fields);
    expect(record.byteLength).toBe(RECORD_HEADER_BYTES + 1_024 + 4_000 + 8_007 + 1);
    expect(recordProblem(record, viewOf(record), 0, record.byteLength, 5)).toBeUndefined();
  });
});

describe('a ROUTE record', () => {
  it('gives back its queues', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 0xffff_ffff }), { maxLength: 300 }), fc.nat({ max: 50 }), (queues, at) => {
        const view = new DataView(new ArrayBuffer(at + routeRoom(queues.length)));
        expect(encodeRoute(view, at, queues)).toBe(routeRoom(queues.length));
        expect(view.getUint8(at + AT.kind)).toBe(RecordKind.ROUTE);
        expect(readRoute(view, at)).toEqual(queues);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a REF record', () => {
  it('gives back its entries', () => {
    const word = fc.nat({ max: 0xffff_ffff });
    const entry = fc.record({ position: anyPosition, length: word, keyHash: word });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), fc.nat({ max: 50 }), (entries, at) => {
        const view = new DataView(new ArrayBuffer(at + refRoom(entries.length)));
        expect(encodeRef(view, at, entries)).toBe(refRoom(entries.length));
        expect(view.getUint8(at + AT.kind)).toBe(RecordKind.REF);
        const read: unknown[] = [];
        readRef(view, at, (position, length, keyHash) => read.push({ position, length, keyHash }));
        expect(read).toEqual(entries);
      }),
      { numRuns: 200 },
    );
    expect(refRoom(MOST_REFS)).toBeLessThan(256 * 1024);
  });
});
