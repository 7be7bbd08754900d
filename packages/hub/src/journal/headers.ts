// Headers as they lie in a record: u16 count, then for each u16 name length, name, u16 value length, value.
import { PenstockError } from '../errors.js';
import { type Headers, MAX_HEADER_BYTES } from '../message.js';
import { writeText } from './text.js';

const NONE: Headers = Object.freeze({});

/** The most bytes that encoded headers can take; a batch with that much room can take any. */
export const HEADERS_ROOM = MAX_HEADER_BYTES + 2;

/**
 * Writes headers at `at`, where there is room for {@link HEADERS_ROOM} bytes.
 *
 * @returns How many bytes they took; 0 for none.
 * @throws HEADERS_TOO_LARGE, HEADERS_INVALID; what was written is to be forgotten then.
 */
export function writeHeaders(target: Buffer, view: DataView, at: number, headers: Headers): number {
  const end = at + HEADERS_ROOM;
  let count = 0;
  let next = at + 2;
  for (const name in headers) {
    const value = headers[name];
    if (typeof value !== 'string') {
      throw new PenstockError('HEADERS_INVALID', `header ${JSON.stringify(name)} is not a string`);
    }
    next = writeField(target, view, next, end, name);
    next = writeField(target, view, next, end, value);
    count++;
  }
  if (count === 0) return 0;
  view.setUint16(at, count, true);
  return next - at;
}

function writeField(target: Buffer, view: DataView, at: number, end: number, text: string): number {
  // A character takes one byte at least: a cheap test first, the exact one only where it matters.
  const room = end - at - 2;
  if (text.length > room || (text.length * 3 > room && Buffer.byteLength(text) > room)) {
    throw new PenstockError('HEADERS_TOO_LARGE', `headers take more than ${MAX_HEADER_BYTES} bytes`);
  }
  const length = writeText(target, at + 2, text);
  view.setUint16(at, length, true);
  return at + 2 + length;
}

/** Reads headers back, frozen. */
export function readHeaders(bytes: Buffer, at: number, length: number): Headers {
  if (length === 0) return NONE;
  const headers: Record<string, string> = {};
  let next = at + 2;
  for (let left = bytes.readUInt16LE(at); left > 0; left--) {
    const name = bytes.toString('utf8', next + 2, next + 2 + bytes.readUInt16LE(next));
    next += 2 + bytes.readUInt16LE(next);
    const value = bytes.toString('utf8', next + 2, next + 2 + bytes.readUInt16LE(next));
    next += 2 + bytes.readUInt16LE(next);
    // `__proto__` as a plain assignment would set the prototype, not a header.
    if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true });
    else headers[name] = value;
  }
  return Object.freeze(headers);
}
