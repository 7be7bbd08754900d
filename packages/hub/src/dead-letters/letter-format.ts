// The files of a queue's dead letters, and how their bytes lie. A letter keeps its message's record as it lay in the
// journal, so that it outlives the segment; what is said about it stands before that, to be read without the message.
//
// All numbers little-endian. A file begins with a header of 32 bytes:
//   0 "PENDEADL"    8 u32 format version   12 u32 queue number   16 u64 id, at random   24 u32 0   28 u32 CRC-32 of these
// and goes on with letters, each with a head of 48 bytes:
//   0 u32 length of the whole letter       24 f64 time of the last delivery, ms since 1970
//   4 u32 CRC-32 of the head and the text  32 u8 kind, u8 reason, u16 0; 36 u32 attempts
//   8 f64 ordinal of its entry             40 u32 length of the text, UTF-8 JSON
//  16 f64 time of the first delivery       44 u32 length of the record, which has a checksum of its own
// A file that was closed ends with a footer of the same size: its least ordinal, its greatest, and the number of letters
// at 8, 16 and 24. Checksums begin from the file's id, which nobody who sends messages knows: none can pass for a footer.
import { crc32 } from 'node:zlib';
import { type ErrorData, PenstockError } from '../errors.js';
import { viewOf } from '../journal/record.js';
import type { SettleReason } from '../settlement/settle-record.js';

export const FILE_HEADER_BYTES = 32;
export const HEAD_BYTES = 48;
const FORMAT_VERSION = 1;
const MAGIC = new TextEncoder().encode('PENDEADL');

const AT = { length: 0, crc: 4, ordinal: 8, firstAt: 16, lastAt: 24, kind: 32, attempts: 36, text: 40, record: 44 };
const Kind = { LETTER: 1, FOOTER: 2 } as const;

/** Most characters that are kept of each text: a letter is to tell why, not to take more than its message. */
const MOST_CHARACTERS = { reason: 2_048, name: 256, code: 256, message: 8_192, stack: 16_384 };
/** No text is longer, as UTF-8 and JSON: six bytes for a character at most. */
const MOST_TEXT_BYTES = 6 * 32_768;

/** What a letter says about its message. */
export interface LetterNote {
  /** Of the entry in its queue; no other letter has it. */
  readonly ordinal: number;
  /** Which kind of reason; what a newer Penstock wrote can have another number. */
  readonly reason: SettleReason;
  /** The reason for people; up to 2,048 characters are kept. */
  readonly text: string;
  /** What the last delivery failed with, when it did. */
  readonly error: ErrorData | undefined;
  /** Deliveries that it had. */
  readonly attempts: number;
  /** When the first of them began, in milliseconds since 1970. */
  readonly firstAt: number;
  /** When the last of them ended, in milliseconds since 1970. */
  readonly lastAt: number;
}

/** What the head of a letter tells of the bytes behind it. */
export interface LetterHead extends Omit<LetterNote, 'text' | 'error'> {
  readonly textBytes: number;
  readonly recordBytes: number;
}

/** What a file that was closed says of itself. */
export interface FileFooter {
  readonly letters: number;
  readonly leastOrdinal: number;
  readonly greatestOrdinal: number;
}

/** What a file begins with. @param id 64 random bits. */
export function encodeFileHeader(queueNumber: number, id: bigint): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint32(8, FORMAT_VERSION, true);
  view.setUint32(12, queueNumber, true);
  view.setBigUint64(16, id, true);
  view.setUint32(28, crc32(bytes.subarray(0, 28)), true);
  return bytes;
}

/**
 * Reads a file's id.
 *
 * @param path How messages name it.
 * @returns Undefined when the header is torn: nothing behind it was ever promised.
 * @throws DATA_DAMAGED when it is no such file, or of another queue; DATA_FORMAT_UNSUPPORTED when a newer Penstock wrote it.
 */
export function decodeFileHeader(bytes: Uint8Array, path: string, queueNumber: number): bigint | undefined {
  if (bytes.byteLength < FILE_HEADER_BYTES || bytes.every((byte) => byte === 0)) return undefined;
  const view = viewOf(bytes);
  if (
    MAGIC.some((byte, at) => bytes[at] !== byte) ||
    view.getUint32(28, true) !== crc32(bytes.subarray(0, 28)) ||
    view.getUint32(12, true) !== queueNumber
  ) {
    throw new PenstockError(
      'DATA_DAMAGED',
      `${path} does not begin as a file of dead letters of queue ${queueNumber} does; move it away to go on without it`,
    );
  }
  const version = view.getUint32(8, true);
  if (version > FORMAT_VERSION) {
    throw new PenstockError(
      'DATA_FORMAT_UNSUPPORTED',
      `${path} has format ${version}; this Penstock reads up to ${FORMAT_VERSION}`,
    );
  }
  return view.getBigUint64(16, true);
}

/** A whole letter. @param record The message's DATA record, as it lies in the journal. */
export function encodeLetter(id: bigint, note: LetterNote, record: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(shortened(note)));
  const bytes = new Uint8Array(HEAD_BYTES + text.byteLength + record.byteLength);
  const view = viewOf(bytes);
  view.setUint32(AT.length, bytes.byteLength, true);
  view.setFloat64(AT.ordinal, note.ordinal, true);
  view.setFloat64(AT.firstAt, note.firstAt, true);
  view.setFloat64(AT.lastAt, note.lastAt, true);
  view.setUint8(AT.kind, Kind.LETTER);
  view.setUint8(AT.kind + 1, note.reason);
  view.setUint32(AT.attempts, note.attempts, true);
  view.setUint32(AT.text, text.byteLength, true);
  view.setUint32(AT.record, record.byteLength, true);
  bytes.set(text, HEAD_BYTES);
  bytes.set(record, HEAD_BYTES + text.byteLength);
  view.setUint32(AT.crc, checksum(id, bytes.subarray(AT.ordinal, HEAD_BYTES + text.byteLength)), true);
  return bytes;
}

/** What a closed file ends with. */
export function encodeFooter(id: bigint, { letters, leastOrdinal, greatestOrdinal }: FileFooter): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = viewOf(bytes);
  view.setUint32(AT.length, HEAD_BYTES, true);
  view.setFloat64(AT.ordinal, leastOrdinal, true);
  view.setFloat64(AT.firstAt, greatestOrdinal, true);
  view.setFloat64(AT.lastAt, letters, true);
  view.setUint8(AT.kind, Kind.FOOTER);
  view.setUint32(AT.crc, checksum(id, bytes.subarray(AT.ordinal)), true);
  return bytes;
}

/** Reads a footer; undefined when the bytes are none of this file. */
export function decodeFooter(id: bigint, bytes: Uint8Array): FileFooter | undefined {
  if (bytes.byteLength < HEAD_BYTES) return undefined;
  const view = viewOf(bytes);
  if (view.getUint8(AT.kind) !== Kind.FOOTER || view.getUint32(AT.length, true) !== HEAD_BYTES) return undefined;
  if (view.getUint32(AT.crc, true) !== checksum(id, bytes.subarray(AT.ordinal, HEAD_BYTES))) return undefined;
  return {
    letters: view.getFloat64(AT.lastAt, true),
    leastOrdinal: view.getFloat64(AT.ordinal, true),
    greatestOrdinal: view.getFloat64(AT.firstAt, true),
  };
}

/** Reads a letter's head, which is to be trusted only once {@link decodeNote} has looked at its checksum. */
export function decodeHead(bytes: Uint8Array): LetterHead | undefined {
  if (bytes.byteLength < HEAD_BYTES) return undefined;
  const view = viewOf(bytes);
  const textBytes = view.getUint32(AT.text, true);
  const recordBytes = view.getUint32(AT.record, true);
  const isLetter = view.getUint8(AT.kind) === Kind.LETTER && textBytes <= MOST_TEXT_BYTES;
  if (!isLetter || view.getUint32(AT.length, true) !== HEAD_BYTES + textBytes + recordBytes) return undefined;
  return {
    ordinal: view.getFloat64(AT.ordinal, true),
    reason: view.getUint8(AT.kind + 1) as SettleReason,
    attempts: view.getUint32(AT.attempts, true),
    firstAt: view.getFloat64(AT.firstAt, true),
    lastAt: view.getFloat64(AT.lastAt, true),
    textBytes,
    recordBytes,
  };
}

/** Whether the head and the text behind it, up to the record, are as they were written. */
export function isTrue(id: bigint, bytes: Uint8Array): boolean {
  return viewOf(bytes).getUint32(AT.crc, true) === checksum(id, bytes.subarray(AT.ordinal));
}

/** What a letter says, from its true bytes up to the record. */
export function decodeNote({ textBytes: _, recordBytes: __, ...head }: LetterHead, bytes: Uint8Array): LetterNote {
  const { text, error } = JSON.parse(new TextDecoder().decode(bytes.subarray(HEAD_BYTES))) as LetterText;
  const whole = error && { ...error, stack: error.stack, code: error.code };
  return { ...head, text, error: whole };
}

interface LetterText {
  readonly text: string;
  readonly error?: Pick<ErrorData, 'name' | 'message'> & Partial<ErrorData>;
}

function shortened({ text, error }: LetterNote): LetterText {
  const most = MOST_CHARACTERS;
  return {
    text: text.slice(0, most.reason),
    ...(error && {
      error: {
        name: error.name.slice(0, most.name),
        message: error.message.slice(0, most.message),
        stack: error.stack?.slice(0, most.stack),
        code: error.code?.slice(0, most.code),
      },
    }),
  };
}

const checksum = (id: bigint, bytes: Uint8Array): number => crc32(bytes, Number(id & 0xffff_ffffn));
