// Encodes records in place, at the end of a batch that the caller has made room in. Sizes are asked for with `length`
// and not with `byteLength`, which takes 20 ns more each time (docs/decisions/0015).
import type { Body, Headers } from '../message.js';
import { HEADERS_ROOM, writeHeaders } from './headers.js';
import { AT, RECORD_HEADER_BYTES, RecordKind } from './record.js';
import { writeText } from './text.js';

/** What a DATA record is made of; position, time and route are set by {@link placeRecord}. */
export interface DataFields {
  /** UTF-8. */
  readonly topic: Uint8Array;
  readonly body: Body;
  readonly headers: Headers | undefined;
  /** Given to a message published in a consumer; else the id follows from headers or position. */
  readonly id: string | undefined;
}

/** Bytes that are enough for the record of these fields, whatever the text in them. */
export function dataRoom({ topic, body, headers, id }: DataFields): number {
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  return (
    RECORD_HEADER_BYTES +
    topic.length +
    (id === undefined ? 0 : id.length * 3) +
    (headers === undefined ? 0 : HEADERS_ROOM) +
    bodyBytes
  );
}

/**
 * Writes a DATA record at `at`, but for its position, time, route and checksum.
 *
 * @returns Its length.
 * @throws HEADERS_INVALID, HEADERS_TOO_LARGE: nothing was written then that counts.
 */
export function encodeData(
  target: Buffer,
  view: DataView,
  at: number,
  { topic, body, headers, id }: DataFields,
): number {
  let next = at + RECORD_HEADER_BYTES;
  target.set(topic, next);
  next += topic.length;
  const idLength = id === undefined ? 0 : writeText(target, next, id);
  next += idLength;
  const headersLength = headers === undefined ? 0 : writeHeaders(target, view, next, headers);
  next += headersLength;
  if (typeof body === 'string') next += target.write(body, next);
  else {
    target.set(body, next);
    next += body.length;
  }
  view.setUint32(at + AT.length, next - at, true);
  // Kind and flags, and the three lengths.
  view.setUint16(at + AT.kind, RecordKind.DATA, true);
  view.setUint16(at + AT.topicLength, topic.length, true);
  view.setUint16(at + AT.idLength, idLength, true);
  view.setUint16(at + AT.headersLength, headersLength, true);
  return next - at;
}

/** Gives an encoded record its place: the position it has in the journal, its time and its route. */
export function placeRecord(view: DataView, at: number, position: number, time: number, route: number): void {
  view.setFloat64(at + AT.position, position, true);
  view.setFloat64(at + AT.time, time, true);
  view.setUint32(at + AT.route, route, true);
}

/** Writes a record that is no message: a header and a body of numbers. */
function encodeNumbers(view: DataView, at: number, kind: number, bodyBytes: number): number {
  const length = RECORD_HEADER_BYTES + bodyBytes;
  view.setUint32(at + AT.length, length, true);
  view.setUint16(at + AT.kind, kind, true);
  view.setUint16(at + AT.topicLength, 0, true);
  view.setUint16(at + AT.idLength, 0, true);
  view.setUint16(at + AT.headersLength, 0, true);
  return length;
}

export const routeRoom = (queues: number): number => RECORD_HEADER_BYTES + queues * 4;

/** Writes a ROUTE record: a set of queues, by their numbers. */
export function encodeRoute(view: DataView, at: number, queues: readonly number[]): number {
  const length = encodeNumbers(view, at, RecordKind.ROUTE, queues.length * 4);
  for (const [index, number] of queues.entries()) {
    view.setUint32(at + RECORD_HEADER_BYTES + index * 4, number, true);
  }
  return length;
}

/** An entry as it stands in a REF record and in an index file. */
export interface Entry {
  readonly position: number;
  readonly length: number;
  /** Of its message's order key (order-key.ts), as its queue has it; 0 in one that has none. */
  readonly keyHash: number;
}

/** Most entries in one REF record. */
export const MOST_REFS = 4_096;
const REF_BYTES = 16;

export const refRoom = (entries: number): number => RECORD_HEADER_BYTES + entries * REF_BYTES;

/** Writes a REF record: entries of one queue that point to DATA written earlier. */
export function encodeRef(view: DataView, at: number, entries: readonly Entry[]): number {
  const length = encodeNumbers(view, at, RecordKind.REF, entries.length * REF_BYTES);
  for (const [index, entry] of entries.entries()) {
    const start = at + RECORD_HEADER_BYTES + index * REF_BYTES;
    view.setFloat64(start, entry.position, true);
    view.setUint32(start + 8, entry.length, true);
    view.setUint32(start + 12, entry.keyHash, true);
  }
  return length;
}

/** Calls `visit` for each entry of the REF record at `at`. */
export function readRef(
  view: DataView,
  at: number,
  visit: (position: number, length: number, keyHash: number) => void,
): void {
  const end = at + view.getUint32(at + AT.length, true);
  for (let start = at + RECORD_HEADER_BYTES; start < end; start += REF_BYTES) {
    visit(view.getFloat64(start, true), view.getUint32(start + 8, true), view.getUint32(start + 12, true));
  }
}

/** The queue numbers of the ROUTE record at `at`. */
export function readRoute(view: DataView, at: number): number[] {
  const end = at + view.getUint32(at + AT.length, true);
  const queues: number[] = [];
  for (let start = at + RECORD_HEADER_BYTES; start < end; start += 4) queues.push(view.getUint32(start, true));
  return queues;
}
