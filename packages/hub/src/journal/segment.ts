// A segment: one file of the journal, named for the position of its first record. Its header says which
// queues there are and how far each had come, so that a segment and its successors need nothing older
// to give every entry its ordinal.
//
//   0 8 bytes "PENSTOCK"       24 f64 first position      then for each queue:
//   8 u32 format version       32 u32 number of queues      u32 number, f64 enqueued, f64 enqueued bytes
//  12 u32 header length
//  16 u32 CRC-32 of what stands from 8 to 16 and from 20 on
//  20 u32 1 when the file was written over an older segment, whose bytes may follow; else 0
import { crc32 } from 'node:zlib';
import { PenstockError } from '../errors.js';
import type { File } from '../files/files.js';
import { viewOf } from './record.js';

export const FORMAT_VERSION = 1;
const MAGIC = new TextEncoder().encode('PENSTOCK');
const FIXED_BYTES = 36;
const QUEUE_BYTES = 20;
const MAX_QUEUES = 65_536;

/** How far a queue had come when a segment began. */
export interface QueueBase {
  readonly number: number;
  /** Entries put into it so far: the ordinal of the next. */
  readonly enqueued: number;
  readonly enqueuedBytes: number;
}

export interface SegmentHeader {
  readonly firstPosition: number;
  /** Where the first record lies in the file. */
  readonly headerBytes: number;
  readonly queues: readonly QueueBase[];
  /** Whether bytes of an older segment may follow the last record. */
  readonly reused: boolean;
}

/** The file name of the segment that begins at a position: sorts as text as positions do. */
export function segmentName(firstPosition: number): string {
  return `${String(firstPosition).padStart(16, '0')}.seg`;
}

/** The first position that a segment's file name tells, or undefined when it is no segment's name. */
export function positionOfName(name: string, extension: '.seg' | '.idx'): number | undefined {
  return name.length === 20 && name.endsWith(extension) && /^\d{16}/.test(name) ? Number(name.slice(0, 16)) : undefined;
}

/** Whether a segment's header can have this length. */
export const isHeaderLength = (bytes: number): boolean =>
  bytes >= FIXED_BYTES && bytes <= segmentHeaderBytes(MAX_QUEUES) && (bytes - FIXED_BYTES) % QUEUE_BYTES === 0;

const segmentHeaderBytes = (queues: number): number => FIXED_BYTES + queues * QUEUE_BYTES;

export function encodeSegmentHeader(firstPosition: number, queues: readonly QueueBase[], reused: boolean): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytes(queues.length));
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint32(8, FORMAT_VERSION, true);
  view.setUint32(12, bytes.byteLength, true);
  view.setUint32(20, reused ? 1 : 0, true);
  view.setFloat64(24, firstPosition, true);
  view.setUint32(32, queues.length, true);
  for (const [index, queue] of queues.entries()) {
    const at = FIXED_BYTES + index * QUEUE_BYTES;
    view.setUint32(at, queue.number, true);
    view.setFloat64(at + 4, queue.enqueued, true);
    view.setFloat64(at + 12, queue.enqueuedBytes, true);
  }
  view.setUint32(16, headerChecksum(bytes), true);
  return bytes;
}

/** The checksum of a header, of a segment or an index file, that stands at 16 and covers all else behind the first 8 bytes. */
export function headerChecksum(header: Uint8Array): number {
  return crc32(header.subarray(20), crc32(header.subarray(8, 16)));
}

/**
 * Reads the header of a segment.
 *
 * @param path For messages.
 * @throws DATA_DAMAGED when it is not one, DATA_FORMAT_UNSUPPORTED when a newer Penstock wrote it.
 */
export function readSegmentHeader(file: File, path: string): SegmentHeader {
  const fixed = new Uint8Array(FIXED_BYTES);
  const damaged = (why: string) => new PenstockError('DATA_DAMAGED', `journal segment ${path}: ${why}`);
  if (file.read(fixed, 0) < FIXED_BYTES) throw damaged('its header is cut short');
  const view = viewOf(fixed);
  if (MAGIC.some((byte, at) => fixed[at] !== byte)) throw damaged('it does not begin as a segment does');
  const headerBytes = view.getUint32(12, true);
  if (!isHeaderLength(headerBytes)) throw damaged('its header has a wrong length');
  const whole = new Uint8Array(headerBytes);
  if (file.read(whole, 0) < headerBytes) throw damaged('its header is cut short');
  // Before the version is looked at: one that is damaged is none of a newer Penstock.
  if (headerChecksum(whole) !== view.getUint32(16, true)) throw damaged('its header has a wrong checksum');
  const version = view.getUint32(8, true);
  if (version > FORMAT_VERSION) {
    throw new PenstockError(
      'DATA_FORMAT_UNSUPPORTED',
      `journal segment ${path} has format ${version}; this Penstock reads up to ${FORMAT_VERSION}`,
    );
  }
  const numbers = viewOf(whole);
  const queues: QueueBase[] = [];
  for (let at = FIXED_BYTES; at < headerBytes; at += QUEUE_BYTES) {
    queues.push({
      number: numbers.getUint32(at, true),
      enqueued: numbers.getFloat64(at + 4, true),
      enqueuedBytes: numbers.getFloat64(at + 12, true),
    });
  }
  return { firstPosition: view.getFloat64(24, true), headerBytes, queues, reused: view.getUint32(20, true) === 1 };
}
