// The hash of a message's order key, from its encoded record: what shares a queue of `order: 'key'` among threads. It
// stands in index files and REF records, so it is the same in every version, and whoever finds it missing can compute it.
import type { OrderKey } from '../consumer.js';
import { AT, RECORD_HEADER_BYTES } from './record.js';

/** The hash of a message that has no key, and so no order; no key has it. */
export const NO_KEY = 0;

const DOT = 0x2e;

/** Of the CRC-32 that zlib computes: for a few bytes, a call of zlib.crc32() takes several times as long. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

/**
 * The hash of the order key of the DATA record at `at`: the CRC-32 of its UTF-8 bytes, or 1 where that is 0.
 *
 * @param bytes The memory that the record lies in, and a view over the same.
 * @returns {@link NO_KEY} when the message has no such header, or its topic no such token.
 */
export function orderKeyHash(bytes: Uint8Array, view: DataView, at: number, key: OrderKey): number {
  return 'header' in key ? headerHash(bytes, view, at, key.header) : tokenHash(bytes, view, at, key.topicToken);
}

function tokenHash(bytes: Uint8Array, view: DataView, at: number, token: number): number {
  const start = at + RECORD_HEADER_BYTES;
  const end = start + view.getUint16(at + AT.topicLength, true);
  let left = token >= 0 ? token : token + tokensIn(bytes, start, end);
  if (left < 0) return NO_KEY;
  for (let from = start; from <= end; ) {
    const to = tokenEnd(bytes, from, end);
    if (left-- === 0) return hashOf(bytes, from, to);
    from = to + 1;
  }
  return NO_KEY;
}

function tokensIn(bytes: Uint8Array, start: number, end: number): number {
  let tokens = 1;
  for (let at = start; at < end; at++) if (bytes[at] === DOT) tokens++;
  return tokens;
}

function tokenEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== DOT) at++;
  return at;
}

function headerHash(bytes: Uint8Array, view: DataView, at: number, name: string): number {
  const length = view.getUint16(at + AT.headersLength, true);
  if (length === 0) return NO_KEY;
  const wanted = nameBytes(name);
  let next =
    at + RECORD_HEADER_BYTES + view.getUint16(at + AT.topicLength, true) + view.getUint16(at + AT.idLength, true);
  const count = view.getUint16(next, true);
  next += 2;
  for (let left = count; left > 0; left--) {
    const nameLength = view.getUint16(next, true);
    const value = next + 2 + nameLength;
    const valueLength = view.getUint16(value, true);
    if (nameLength === wanted.byteLength && isAt(bytes, next + 2, wanted)) {
      return hashOf(bytes, value + 2, value + 2 + valueLength);
    }
    next = value + 2 + valueLength;
  }
  return NO_KEY;
}

/** The name encoded last: a queue has one, and most hubs have few queues with any. */
let lastName = '';
let lastNameBytes: Uint8Array = new Uint8Array(0);

function nameBytes(name: string): Uint8Array {
  if (name !== lastName) {
    lastNameBytes = new TextEncoder().encode(name);
    lastName = name;
  }
  return lastNameBytes;
}

function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.byteLength; index++) {
    if (bytes[at + index] !== wanted[index]) return false;
  }
  return true;
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff_ffff;
  for (let at = from; at < to; at++) {
    crc = (CRC_TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return (crc ^ 0xffff_ffff) >>> 0 || 1;
}
