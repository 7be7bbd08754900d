// The records of a settle log: what became of entries of one queue. 40 bytes each, little-endian:
//
//                  outcomes    RETRY        ELSEWHERE   BELOW       TALLY
//    0  u32        CRC-32 of the 36 bytes that follow
//    4  u8         kind        kind         kind        kind        kind
//    5  u8         reason      crashes      -           -           reason
//    6  u16        -           attempt      -           -           kind that is counted
//    8  f64        ordinal     ordinal      ordinal     ordinal     -
//   16  u32        count       -            count       replaces    -
//   20  u32        -           delay, ms    -           -           -
//   24  f64        time        failed at    time        time        count
//   32  f64        bytes       first at     -           -           bytes
//
// START and LEFT are as RETRY, with, for `failed at`, when the delivery began or ended, and for the delay 1 where it was the
// only one in the hub of those that a crash is suspected of (IN_ITS_TURN), else 0. Outcomes are ACKNOWLEDGED, DAMAGED, DROPPED and DEAD. What is marked - is 0. Times are in milliseconds since 1970; a
// record's `time` is when it was written, for people. A log begins with a header of the same size:
//
//    0  "PENSETTL"    8  u32 format version    12  u32 queue number    16  zeros    36  u32 CRC-32 of the 36 bytes before
//
// In format 1 the header had no checksum: 36 was 0.
import { crc32 } from 'node:zlib';
import { PenstockError } from '../errors.js';
import { type Files, readWhole } from '../files/files.js';
import { viewOf } from '../journal/record.js';
import type { Interval } from '../queue/interval-set.js';

export const SETTLE_RECORD_BYTES = 40;
/** What this Penstock writes, and the most that it reads. */
export const SETTLE_LOG_FORMAT = 2;
const HEADER_CRC_AT = 36;
const MAGIC = new TextEncoder().encode('PENSETTL');

/**
 * - ACKNOWLEDGED: `consume()` returned
 * - DAMAGED: the record in the journal is not what was written; it cannot be delivered, and is counted as lost
 * - DROPPED: dropped on purpose, for the record's reason
 * - DEAD: kept as a dead letter, for the record's reason; written after the dead letter is on stable storage
 * - RETRY: `attempt` deliveries have failed and `crashes` have ended their thread; the next one is due `delay` ms after
 *   `failed at`. It settles nothing
 * - START: a delivery begins, after so many attempts and crashes; written where the hub before this one was killed or
 *   crashed, so that should this one crash too, it is known at what
 * - LEFT: a delivery that was written down has ended, and nothing has become of it: its consumer halted, or was stopped
 *
 * And what only a log that was rewritten has, in the place of all that it said before:
 * - BELOW: everything below the ordinal is settled, by whomever. Its first record, which also says whether the log
 *   `replaces` others: all of its writer, or of any when it is the main thread's, whose incarnation is below that number
 * - ELSEWHERE: settled, by whomever
 * - TALLY: how many entries this log had settled with an outcome, and those that it replaces
 */
export const SettleKind = {
  ACKNOWLEDGED: 1,
  DAMAGED: 2,
  DROPPED: 3,
  DEAD: 4,
  RETRY: 8,
  START: 9,
  LEFT: 10,
  BELOW: 16,
  ELSEWHERE: 17,
  TALLY: 18,
} as const;
export type SettleKind = (typeof SettleKind)[keyof typeof SettleKind];

const OUTCOMES = [SettleKind.ACKNOWLEDGED, SettleKind.DAMAGED, SettleKind.DROPPED, SettleKind.DEAD] as const;
/** A kind that ends its entries' deliveries. */
export type OutcomeKind = (typeof OUTCOMES)[number];

export const isOutcome = (kind: number): kind is OutcomeKind => (OUTCOMES as readonly number[]).includes(kind);

/** Why an entry was dropped or became a dead letter; 0 for what needs no reason. */
export const SettleReason = { NONE: 0, CONSUMER: 1, ATTEMPTS: 2, QUEUE_FULL: 3, CRASHES: 4 } as const;
export type SettleReason = (typeof SettleReason)[keyof typeof SettleReason];

/** The delay of a START whose delivery had the turn among the suspects of the hub. */
export const IN_ITS_TURN = 1;

/** Crashes are counted so far; a consumer has a dead letter by then. */
export const MOST_CRASHES = 255;

/** An entry that has failed and is not settled. */
export interface PendingRetry {
  readonly ordinal: number;
  /** Deliveries that failed so far. */
  readonly attempt: number;
  /** Deliveries that ended their thread, or the hub, so far. */
  readonly crashes: number;
  /** From {@link failedAt} on, in milliseconds. */
  readonly delayMs: number;
  /** When the last of them failed, in milliseconds since 1970. */
  readonly failedAt: number;
  /** When the first delivery began, in milliseconds since 1970. */
  readonly firstAt: number;
}

/** How many entries were settled with one outcome, for one reason. */
export interface Tally {
  readonly outcome: OutcomeKind;
  readonly reason: SettleReason;
  readonly count: number;
  /** Of their records in the journal. */
  readonly bytes: number;
}

/** Entries that follow each other, settled alike. */
export interface OutcomeRecord {
  readonly kind: OutcomeKind;
  readonly reason: SettleReason;
  readonly ordinal: number;
  readonly count: number;
  /** Of their records in the journal. */
  readonly bytes: number;
}

export type SettleRecord =
  | OutcomeRecord
  | ({ readonly kind: typeof SettleKind.RETRY | typeof SettleKind.START | typeof SettleKind.LEFT } & PendingRetry)
  | { readonly kind: typeof SettleKind.BELOW; readonly ordinal: number; readonly replaces: number }
  | { readonly kind: typeof SettleKind.ELSEWHERE; readonly ordinal: number; readonly count: number }
  | ({ readonly kind: typeof SettleKind.TALLY } & Tally);

/** The entries that a record says are settled. */
export function settledBy(record: SettleRecord): Interval | undefined {
  switch (record.kind) {
    case SettleKind.RETRY:
    case SettleKind.START:
    case SettleKind.LEFT:
    case SettleKind.TALLY:
      return undefined;
  }
  if (record.kind === SettleKind.BELOW) return { from: 0, to: record.ordinal };
  return { from: record.ordinal, to: record.ordinal + record.count };
}

/** Writes a record at `at`. @param time Of an outcome, when it was written: milliseconds since 1970. */
export function writeSettleRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  record: SettleRecord,
  time: number,
): void {
  bytes.fill(0, at, at + SETTLE_RECORD_BYTES);
  view.setUint8(at + 4, record.kind);
  view.setFloat64(at + 24, time, true);
  switch (record.kind) {
    case SettleKind.RETRY:
    case SettleKind.START:
    case SettleKind.LEFT:
      view.setUint8(at + 5, record.crashes);
      view.setUint16(at + 6, record.attempt, true);
      view.setFloat64(at + 8, record.ordinal, true);
      view.setUint32(at + 20, record.delayMs, true);
      view.setFloat64(at + 24, record.failedAt, true);
      view.setFloat64(at + 32, record.firstAt, true);
      break;
    case SettleKind.BELOW:
      view.setFloat64(at + 8, record.ordinal, true);
      view.setUint32(at + 16, record.replaces, true);
      break;
    case SettleKind.ELSEWHERE:
      view.setFloat64(at + 8, record.ordinal, true);
      view.setUint32(at + 16, record.count, true);
      break;
    case SettleKind.TALLY:
      view.setUint8(at + 5, record.reason);
      view.setUint16(at + 6, record.outcome, true);
      view.setFloat64(at + 24, record.count, true);
      view.setFloat64(at + 32, record.bytes, true);
      break;
    default:
      view.setUint8(at + 5, record.reason);
      view.setFloat64(at + 8, record.ordinal, true);
      view.setUint32(at + 16, record.count, true);
      view.setFloat64(at + 32, record.bytes, true);
  }
  view.setUint32(at, crc32(bytes.subarray(at + 4, at + SETTLE_RECORD_BYTES)), true);
}

/** The record at `at`, whose checksum is right; undefined when it is of a kind that there is not. */
function decode(view: DataView, at: number): SettleRecord | undefined {
  const kind = view.getUint8(at + 4);
  const ordinal = view.getFloat64(at + 8, true);
  const count = view.getUint32(at + 16, true);
  const reason = view.getUint8(at + 5) as SettleReason;
  switch (kind) {
    case SettleKind.RETRY:
    case SettleKind.START:
    case SettleKind.LEFT:
      return {
        kind,
        ordinal,
        attempt: view.getUint16(at + 6, true),
        crashes: reason,
        delayMs: view.getUint32(at + 20, true),
        failedAt: view.getFloat64(at + 24, true),
        firstAt: view.getFloat64(at + 32, true),
      };
    case SettleKind.BELOW:
      return { kind, ordinal, replaces: count };
    case SettleKind.ELSEWHERE:
      return { kind, ordinal, count };
    case SettleKind.TALLY: {
      const outcome = view.getUint16(at + 6, true);
      if (!isOutcome(outcome)) return undefined;
      return { kind, outcome, reason, count: view.getFloat64(at + 24, true), bytes: view.getFloat64(at + 32, true) };
    }
    default:
      return isOutcome(kind) ? { kind, reason, ordinal, count, bytes: view.getFloat64(at + 32, true) } : undefined;
  }
}

export function encodeLogHeader(queueNumber: number): Uint8Array {
  const bytes = new Uint8Array(SETTLE_RECORD_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint32(8, SETTLE_LOG_FORMAT, true);
  view.setUint32(12, queueNumber, true);
  view.setUint32(HEADER_CRC_AT, crc32(bytes.subarray(0, HEADER_CRC_AT)), true);
  return bytes;
}

export interface SettleLogContent {
  readonly records: readonly SettleRecord[];
  /** Bytes at the end that are no whole, true record: a torn write. */
  readonly tornBytes: number;
  /** Records that are not what was written, and that others follow; what they said is not known. */
  readonly damagedRecords: number;
  /** Whether the header is not what was written; the records behind it speak for themselves. */
  readonly damagedHeader: boolean;
}

/**
 * Reads a settle log. A damaged record does not hide those behind it, since all have one size; a torn end is one that no
 * true record follows.
 *
 * @throws DATA_DAMAGED when it is whole and of another queue; DATA_FORMAT_UNSUPPORTED when a newer Penstock wrote it.
 */
export function readSettleLog(files: Files, path: string, queueNumber: number): SettleLogContent {
  const bytes = readWhole(files, path);
  if (bytes.byteLength < SETTLE_RECORD_BYTES) {
    return { records: [], tornBytes: bytes.byteLength, damagedRecords: 0, damagedHeader: false };
  }
  const view = viewOf(bytes);
  const damagedHeader = !isHeader(bytes, view);
  if (!damagedHeader) checkHeader(view, path, queueNumber);
  const records: SettleRecord[] = [];
  let end = SETTLE_RECORD_BYTES;
  let whole = 0;
  for (let at = SETTLE_RECORD_BYTES; at + SETTLE_RECORD_BYTES <= bytes.byteLength; at += SETTLE_RECORD_BYTES) {
    if (view.getUint32(at, true) !== crc32(bytes.subarray(at + 4, at + SETTLE_RECORD_BYTES))) continue;
    const record = decode(view, at);
    if (record === undefined) {
      // It is whole, so it says something: to pass over it could deliver what was settled again.
      throw new PenstockError(
        'DATA_FORMAT_UNSUPPORTED',
        `settle log ${path} has a record at byte ${at} of kind ${view.getUint8(at + 4)}, which this Penstock does not know`,
      );
    }
    records.push(record);
    whole++;
    end = at + SETTLE_RECORD_BYTES;
  }
  const damagedRecords = end / SETTLE_RECORD_BYTES - 1 - whole;
  return { records, tornBytes: bytes.byteLength - end, damagedRecords, damagedHeader };
}

function isHeader(bytes: Uint8Array, view: DataView): boolean {
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) return false;
  const sealed = view.getUint32(HEADER_CRC_AT, true);
  if (view.getUint32(8, true) === 1) return sealed === 0;
  return sealed === crc32(bytes.subarray(0, HEADER_CRC_AT));
}

function checkHeader(view: DataView, path: string, queueNumber: number): void {
  const version = view.getUint32(8, true);
  if (version > SETTLE_LOG_FORMAT) {
    throw new PenstockError(
      'DATA_FORMAT_UNSUPPORTED',
      `settle log ${path} has format ${version}; this Penstock reads up to ${SETTLE_LOG_FORMAT}`,
    );
  }
  if (view.getUint32(12, true) !== queueNumber) {
    throw new PenstockError(
      'DATA_DAMAGED',
      `settle log ${path} is one of queue ${view.getUint32(12, true)}, and not of queue ${queueNumber}`,
    );
  }
}
