// What a ZeroMQ message must look like to become a message of the hub, and why it is rejected when it does not:
// [topic, body] or [topic, headers as JSON, body]. What a ROUTER socket receives is in router-request.ts.
import { isUtf8 } from 'node:buffer';
import { type Headers, MAX_HEADER_BYTES } from '@penstock/hub/source';
import type { TopicCache } from './topic-cache.js';

/**
 * The most that headers may take as sent. Their limit is on what the hub keeps of them, which it looks at itself; a byte
 * of that is up to six in JSON, and what one hub holds, another has to take.
 */
const MOST_JSON_BYTES = 6 * MAX_HEADER_BYTES;

/** Why a message is rejected, each a value of the label `reason`, with the words that the log uses. */
export const REJECT_REASONS = {
  frames:
    'a message must have 2 or 3 frames: topic, headers as JSON (may be left out), body; a request to a ROUTER 4: id, topic, headers as JSON or empty, body',
  id: 'the first frame of a request must be its id: UTF-8, 1 to 255 bytes',
  topic: 'the topic must be UTF-8, at most 1,024 bytes, tokens split by "." and none of them empty',
  headers: 'the headers must be a JSON object of strings, at most 8 KiB',
  size: 'the message is larger than maxMessageBytes',
  error: 'the hub failed to take the message',
  'queue-full': 'a queue that the message goes to is full; its sender was told to send it again',
  'disk-limit': 'the data directory of the hub is full; its sender was told to send it again',
} as const;

export type RejectReason = keyof typeof REJECT_REASONS;

export interface DecodedMessage {
  readonly topic: string;
  readonly headers: Headers | undefined;
  readonly body: Uint8Array;
}

/**
 * Decodes one message. The body is a view of its frame.
 *
 * @param frames The frames as they arrived.
 * @param topics The cache that decodes the topic.
 * @param maxMessageBytes The most that all frames together may take.
 * @returns The message, or why it is rejected.
 */
export function decodeFrames(
  frames: readonly Buffer[],
  topics: TopicCache,
  maxMessageBytes: number,
): DecodedMessage | RejectReason {
  const count = frames.length;
  if (count !== 2 && count !== 3) return 'frames';
  const headers = count === 3 ? frames[1] : undefined;
  return decodeParts(frames[0] as Buffer, headers, frames[count - 1] as Buffer, topics, maxMessageBytes);
}

/** The same for a message whose frames were told apart before; `headersFrame` is undefined where there are none. */
export function decodeParts(
  topicFrame: Buffer,
  headersFrame: Buffer | undefined,
  body: Buffer,
  topics: TopicCache,
  maxMessageBytes: number,
): DecodedMessage | RejectReason {
  if (topicFrame.length + (headersFrame?.length ?? 0) + body.length > maxMessageBytes) return 'size';
  const topic = topics.decode(topicFrame);
  if (topic === undefined) return 'topic';
  if (headersFrame === undefined) return { topic, headers: undefined, body };
  const headers = decodeHeaders(headersFrame);
  return headers === undefined ? 'headers' : { topic, headers, body };
}

/** The headers that the frame holds; undefined when it is not a JSON object of strings, or larger than any can be. */
function decodeHeaders(frame: Buffer): Headers | undefined {
  if (frame.length > MOST_JSON_BYTES) return undefined;
  const text = frame.toString();
  // Decoding puts U+FFFD for what is no UTF-8; only where one stands is the slower check needed.
  if (text.includes('\ufffd') && !isUtf8(frame)) return undefined;
  let headers: unknown;
  try {
    headers = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return undefined;
  for (const name in headers) {
    if (typeof (headers as Record<string, unknown>)[name] !== 'string') return undefined;
  }
  return headers as Headers;
}
