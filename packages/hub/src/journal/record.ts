// The records of the journal and how their bytes lie. Written by the enqueuer, read by every consumer's
// thread: so encoding works in place, and decoding is left to whoever needs a field.
//
// All numbers little-endian. Every record begins with a header of 36 bytes:
//   0 u32 length of the whole record        26 u16 topic length
//   4 u32 CRC-32 of all that follows        28 u16 id length
//   8 f64 position                          30 u16 headers length
//  16 f64 time, ms since 1970               32 u32 DATA: route; ROUTE: its number; REF: queue number
//  24 u8  kind                              36 topic, id, headers, then the body up to `length`
//  25 u8  flags, of RecordFlag
// The position stands in the record so that a stale or misplaced one can never pass for another.
import { crc32 } from 'node:zlib';

export const RECORD_HEADER_BYTES = 36;

/** Offsets in a record's header. */
export const AT = {
  length: 0,
  crc: 4,
  position: 8,
  time: 16,
  kind: 24,
  flags: 25,
  topicLength: 26,
  idLength: 28,
  headersLength: 30,
  route: 32,
} as const;

/**
 * - DATA: one message. Its route tells which queues it was put into.
 * - ROUTE: a set of queues, as u32 numbers in the body; known by its number to the DATA after it in its segment.
 * - REF: entries of one queue that point to DATA written earlier, as index entries in the body.
 */
export const RecordKind = { DATA: 1, ROUTE: 2, REF: 3 } as const;

/**
 * - REQUEUED: a DATA record that was a dead letter, put into one queue again: a copy of a message that came before. A
 *   search through the journal passes it by, since the message is where it was taken first, for all queues.
 */
export const RecordFlag = { REQUEUED: 1 } as const;

/** The least and the most that a record can be; anything else is no record. */
const MAX_RECORD_BYTES = 0x1fff_ffff;

/** Writes the checksum of the record that starts at `at` and is `length` bytes long. */
export function sealRecord(view: DataView, at: number, length: number): void {
  // The view's buffer, since to ask a Uint8Array for its own takes 50 ns more (docs/decisions/0015).
  const sealed = new Uint8Array(view.buffer, view.byteOffset + at + AT.position, length - AT.position);
  view.setUint32(at + AT.crc, crc32(sealed), true);
}

/**
 * Why the bytes at `at` are not the record of `position`, or undefined when they are.
 *
 * @param end Where the bytes that are there end.
 * @param checked Whether the checksum is to be looked at as well, which takes as long as all else for a delivery.
 */
export function recordProblem(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  position: number,
  checked = true,
): 'short' | 'length' | 'position' | 'checksum' | undefined {
  if (at + RECORD_HEADER_BYTES > end) return 'short';
  const length = view.getUint32(at + AT.length, true);
  if (length < RECORD_HEADER_BYTES || length > MAX_RECORD_BYTES) return 'length';
  // Before its end is looked for: what a segment was written over can look like a record of any length.
  if (view.getFloat64(at + AT.position, true) !== position) return 'position';
  if (at + length > end) return 'short';
  if (!checked) return undefined;
  const sealed = view.getUint32(at + AT.crc, true);
  const actual = crc32(new Uint8Array(bytes.buffer, bytes.byteOffset + at + AT.position, length - AT.position));
  return sealed === actual ? undefined : 'checksum';
}

/** A view over the same bytes, for the numbers in them. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
