// The records of a settle log: what became of entries of one queue, 40 bytes each, little-endian.
//
//   0 u32 CRC-32 of what follows    16 u32 count of entries, from the ordinal on
//   4 u8  kind                      20 u32 delay, ms (for retries)
//   5 u8  0                         24 f64 time, ms since 1970
//   6 u16 attempt                   32 f64 bytes of those entries' records
//   8 f64 ordinal
//
// A log begins with a header of the same size: "PENSETTL", u32 format version, u32 queue number.
import { crc32 } from 'node:zlib';
import { PenstockError } from '../errors.js';
import { type Files, readWhole } from '../files/files.js';
import { viewOf } from '../journal/record.js';

export const SETTLE_RECORD_BYTES = 40;
const FORMAT_VERSION = 1;
const MAGIC = new TextEncoder().encode('PENSETTL');

/**
 * - ACKNOWLEDGED: `consume()` returned
 * - DAMAGED: the record in the journal is not what was written; it cannot be delivered, and is counted as lost
 * - BELOW: everything below the ordinal is settled; count and bytes are what this log has settled so far in all
 * - ELSEWHERE: settled, in this log or in another, and in BELOW's count if in this one
 */
export const SettleKind = { ACKNOWLEDGED: 1, DAMAGED: 2, BELOW: 16, ELSEWHERE: 17 } as const;
export type SettleKind = (typeof SettleKind)[keyof typeof SettleKind];

export interface SettleRecord {
  readonly kind: SettleKind;
  readonly ordinal: number;
  readonly count: number;
  readonly bytes: number;
}

const OUTCOMES: ReadonlySet<number> = new Set([SettleKind.ACKNOWLEDGED, SettleKind.DAMAGED]);

/** Whether a record of this kind ends its entries' deliveries, and counts for the log that it is in. */
export const isOutcome = (kind: number): boolean => OUTCOMES.has(kind);

/** Writes a record at `at`. */
export function writeSettleRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  record: SettleRecord,
  time: number,
): void {
  bytes.fill(0, at, at + SETTLE_RECORD_BYTES);
  view.setUint8(at + 4, record.kind);
  view.setFloat64(at + 8, record.ordinal, true);
  // A BELOW record's count can be over 32 bits; it is a tally, kept as such in the bytes of time.
  if (record.kind === SettleKind.BELOW) view.setFloat64(at + 24, record.count, true);
  else {
    view.setUint32(at + 16, record.count, true);
    view.setFloat64(at + 24, time, true);
  }
  view.setFloat64(at + 32, record.bytes, true);
  view.setUint32(at, crc32(bytes.subarray(at + 4, at + SETTLE_RECORD_BYTES)), true);
}

export function encodeLogHeader(queueNumber: number): Uint8Array {
  const bytes = new Uint8Array(SETTLE_RECORD_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint32(8, FORMAT_VERSION, true);
  view.setUint32(12, queueNumber, true);
  return bytes;
}

export interface SettleLogContent {
  readonly records: readonly SettleRecord[];
  /** Bytes at the end that are no whole, true record: a torn write. */
  readonly tornBytes: number;
}

/**
 * Reads a settle log up to its first record that is torn.
 *
 * @throws DATA_DAMAGED when it is none, or of another queue; DATA_FORMAT_UNSUPPORTED when a newer Penstock wrote it.
 */
export function readSettleLog(files: Files, path: string, queueNumber: number): SettleLogContent {
  const bytes = readWhole(files, path);
  if (bytes.byteLength < SETTLE_RECORD_BYTES) return { records: [], tornBytes: bytes.byteLength };
  const view = viewOf(bytes);
  if (MAGIC.some((byte, at) => bytes[at] !== byte) || view.getUint32(12, true) !== queueNumber) {
    throw new PenstockError('DATA_DAMAGED', `settle log ${path} does not begin as a log of queue ${queueNumber} does`);
  }
  const version = view.getUint32(8, true);
  if (version > FORMAT_VERSION) {
    throw new PenstockError(
      'DATA_FORMAT_UNSUPPORTED',
      `settle log ${path} has format ${version}; this Penstock reads up to ${FORMAT_VERSION}`,
    );
  }
  const records: SettleRecord[] = [];
  let at = SETTLE_RECORD_BYTES;
  for (; at + SETTLE_RECORD_BYTES <= bytes.byteLength; at += SETTLE_RECORD_BYTES) {
    if (view.getUint32(at, true) !== crc32(bytes.subarray(at + 4, at + SETTLE_RECORD_BYTES))) break;
    const kind = view.getUint8(at + 4) as SettleKind;
    records.push({
      kind,
      ordinal: view.getFloat64(at + 8, true),
      count: kind === SettleKind.BELOW ? view.getFloat64(at + 24, true) : view.getUint32(at + 16, true),
      bytes: view.getFloat64(at + 32, true),
    });
  }
  return { records, tornBytes: bytes.byteLength - at };
}
