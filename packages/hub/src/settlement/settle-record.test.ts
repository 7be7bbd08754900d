// Settle records: they come back as they were written, and a log is read up to where a write was torn.
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { viewOf } from '../journal/record.js';
import {
  encodeLogHeader,
  isOutcome,
  readSettleLog,
  SETTLE_LOG_FORMAT,
  SETTLE_RECORD_BYTES,
  SettleKind,
  SettleReason,
  type SettleRecord,
  writeSettleRecord,
} from './settle-record.js';

const QUEUE = 3;
const anyCount = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyU32 = fc.nat({ max: 0xffff_ffff });
const anyTime = fc.double({ min: 0, max: 1e13, noNaN: true, noDefaultInfinity: true });
const anyOutcome = fc.constantFrom(SettleKind.ACKNOWLEDGED, SettleKind.DAMAGED, SettleKind.DROPPED, SettleKind.DEAD);
const anyReason = fc.constantFrom(...Object.values(SettleReason));
const anyRecord: fc.Arbitrary<SettleRecord> = fc.oneof(
  fc.record({ kind: anyOutcome, reason: anyReason, ordinal: anyCount, count: anyU32, bytes: anyCount }),
  fc.record({
    kind: fc.constantFrom(SettleKind.RETRY, SettleKind.START, SettleKind.LEFT),
    ordinal: anyCount,
    attempt: fc.nat({ max: 0xffff }),
    crashes: fc.nat({ max: 0xff }),
    delayMs: anyU32,
    failedAt: anyTime,
    firstAt: anyTime,
  }),
  fc.record({ kind: fc.constant(SettleKind.BELOW), ordinal: anyCount, replaces: anyU32 }),
  fc.record({ kind: fc.constant(SettleKind.ELSEWHERE), ordinal: anyCount, count: anyU32 }),
  fc.record({
    kind: fc.constant(SettleKind.TALLY),
    outcome: anyOutcome,
    reason: anyReason,
    count: anyCount,
    bytes: anyCount,
  }),
);

function logOf(records: readonly SettleRecord[]): Uint8Array {
  const bytes = new Uint8Array((1 + records.length) * SETTLE_RECORD_BYTES).fill(0xee);
  bytes.set(encodeLogHeader(QUEUE), 0);
  for (const [index, record] of records.entries()) {
    writeSettleRecord(bytes, viewOf(bytes), (1 + index) * SETTLE_RECORD_BYTES, record, Date.now());
  }
  return bytes;
}

function read(bytes: Uint8Array, queueNumber = QUEUE) {
  const files = new MemoryFiles();
  const file = files.create('/x.log');
  file.append(bytes);
  file.close();
  return readSettleLog(files, '/x.log', queueNumber);
}

const UNDAMAGED = { damagedRecords: 0, damagedHeader: false };

describe('a settle log', () => {
  it('gives back its records', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 20 }), (records) => {
        expect(read(logOf(records))).toEqual({ records, tornBytes: 0, ...UNDAMAGED });
      }),
      { numRuns: 200 },
    );
  });

  it('cut off at any byte, gives the whole records before it', () => {
    const records = fc.sample(anyRecord, 4);
    const bytes = logOf(records);
    for (let length = 0; length <= bytes.byteLength; length++) {
      const whole = Math.max(0, Math.floor(length / SETTLE_RECORD_BYTES) - 1);
      const header = length < SETTLE_RECORD_BYTES ? 0 : SETTLE_RECORD_BYTES;
      expect(read(bytes.subarray(0, length))).toEqual({
        records: records.slice(0, whole),
        tornBytes: length - header - whole * SETTLE_RECORD_BYTES,
        ...UNDAMAGED,
      });
    }
  });

  it('is read but for a record of which any byte has changed, which is counted when others follow', () => {
    const records = fc.sample(anyRecord, 3);
    const bytes = logOf(records);
    for (let at = SETTLE_RECORD_BYTES; at < bytes.byteLength; at++) {
      const which = Math.floor(at / SETTLE_RECORD_BYTES) - 1;
      const left = records.filter((_, index) => index !== which);
      const isLast = which === records.length - 1;
      expect(read(bytes.with(at, (bytes[at] as number) ^ 0x10))).toEqual({
        records: left,
        tornBytes: isLast ? SETTLE_RECORD_BYTES : 0,
        damagedRecords: isLast ? 0 : 1,
        damagedHeader: false,
      });
    }
  });

  it('is read although any byte of its header has changed, and tells of it', () => {
    const records = fc.sample(anyRecord, 3);
    const bytes = logOf(records);
    for (let at = 0; at < SETTLE_RECORD_BYTES; at++) {
      const content = read(bytes.with(at, (bytes[at] as number) ^ 0x10));
      expect(content).toMatchObject({ records, damagedHeader: true });
    }
  });

  it('is read up to zeros, as a file system can leave them behind a torn write', () => {
    const records = fc.sample(anyRecord, 2);
    const bytes = Buffer.concat([logOf(records), new Uint8Array(100)]);
    expect(read(bytes)).toEqual({ records, tornBytes: 100, ...UNDAMAGED });
  });

  it('of another queue is refused', () => {
    const refused = expect.objectContaining({ code: 'DATA_DAMAGED', message: expect.stringContaining('/x.log') });
    expect(() => read(logOf([]), QUEUE + 1)).toThrow(refused);
  });

  it('of a newer Penstock is refused as such', () => {
    const bytes = logOf([]);
    viewOf(bytes).setUint32(8, SETTLE_LOG_FORMAT + 1, true);
    viewOf(bytes).setUint32(36, crc32(bytes.subarray(0, 36)), true);
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'DATA_FORMAT_UNSUPPORTED' }));
  });

  it('with a record of a kind that this Penstock does not know is refused, and not read in part', () => {
    for (const kind of [0, 99]) {
      const bytes = logOf(fc.sample(anyRecord, 2));
      const record = bytes.subarray(2 * SETTLE_RECORD_BYTES);
      record[4] = kind;
      viewOf(record).setUint32(0, crc32(record.subarray(4)), true);
      expect(() => read(bytes)).toThrow(
        expect.objectContaining({ code: 'DATA_FORMAT_UNSUPPORTED', message: expect.stringContaining('at byte 80') }),
      );
    }
  });

  it('knows which of its records end a delivery', () => {
    expect(Object.values(SettleKind).filter(isOutcome)).toEqual([
      SettleKind.ACKNOWLEDGED,
      SettleKind.DAMAGED,
      SettleKind.DROPPED,
      SettleKind.DEAD,
    ]);
  });
});
