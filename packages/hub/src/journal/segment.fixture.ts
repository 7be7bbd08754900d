// Segments with messages in them, for tests of what reads them.
import type { Files } from '../files/files.js';
import type { Headers } from '../message.js';
import { dataRoom, encodeData, placeRecord } from './encode.js';
import { sealRecord, viewOf } from './record.js';
import { encodeSegmentHeader, type QueueBase, segmentName } from './segment.js';

export interface ExampleMessage {
  readonly topic?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Headers | undefined;
  readonly id?: string | undefined;
  readonly time?: number;
  readonly route?: number;
}

/** One sealed DATA record, in bytes of its own. */
export function exampleRecord(position: number, message: ExampleMessage = {}): Buffer {
  const { topic = 'org.example', body = 'body', headers, id, time = 1_700_000_000_000, route = 1 } = message;
  const fields = { topic: new TextEncoder().encode(topic), body, headers, id };
  const bytes = Buffer.alloc(dataRoom(fields));
  const view = viewOf(bytes);
  const length = encodeData(bytes, view, 0, fields);
  placeRecord(view, 0, position, time, route);
  sealRecord(view, 0, length);
  return bytes.subarray(0, length);
}

export interface ExampleSegment {
  readonly path: string;
  /** Where each record lies. */
  readonly positions: readonly number[];
  readonly lengths: readonly number[];
  readonly endPosition: number;
}

/** Writes a segment of messages into a journal directory. */
export function writeExampleSegment(
  files: Files,
  directory: string,
  firstPosition: number,
  messages: readonly ExampleMessage[],
  queues: readonly QueueBase[] = [],
): ExampleSegment {
  const path = `${directory}/${segmentName(firstPosition)}`;
  const file = files.create(path);
  file.append(encodeSegmentHeader(firstPosition, queues, false));
  const positions: number[] = [];
  const lengths: number[] = [];
  let position = firstPosition;
  for (const message of messages) {
    const record = exampleRecord(position, message);
    file.append(record);
    positions.push(position);
    lengths.push(record.byteLength);
    position += record.byteLength;
  }
  file.close();
  return { path, positions, lengths, endPosition: position };
}
