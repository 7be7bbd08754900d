// What a ROUTER socket receives and answers, frame by frame; docs/zeromq.md has the same for whoever writes a client.
// A request is [routing id, '' of a REQ, id, topic, headers as JSON or '', body]; its reply begins with the same
// frames up to and including the id.
import { isUtf8 } from 'node:buffer';
import { type DecodedMessage, decodeParts, type RejectReason } from './frames.js';
import type { TopicCache } from './topic-cache.js';

/** Id, topic, headers and body. */
const REQUEST_FRAMES = 4;
/** The most bytes that the id of a request may have. */
export const MAX_REQUEST_ID_BYTES = 255;

/** What a reply begins with: the peer's routing id, the empty frame of a REQ, and the request's id. */
export type ReplyAddress = readonly Buffer[];

/** The codes of error replies, by why the request was not taken. */
export const REPLY_CODES = {
  frames: 'FRAMES_INVALID',
  id: 'ID_INVALID',
  topic: 'TOPIC_INVALID',
  headers: 'HEADERS_INVALID',
  size: 'MESSAGE_TOO_LARGE',
  error: 'INTERNAL_ERROR',
  'queue-full': 'QUEUE_FULL',
  'disk-limit': 'DISK_LIMIT',
} as const satisfies Record<RejectReason, string>;

/** What the third frame of an error reply can be. The last two are the hub's end: nothing more is taken. */
export type ReplyCode = (typeof REPLY_CODES)[RejectReason] | 'JOURNAL_FAILED' | 'HUB_NOT_RUNNING';

export interface Request {
  /** Undefined when there is no frame that could be its id. */
  readonly address: ReplyAddress | undefined;
  /** The message, whose header `id` is the request's id unless it brings one; or why there is none. */
  readonly content: DecodedMessage | RejectReason;
}

/**
 * Decodes one request. The body is a view of its frame.
 *
 * @param frames The frames as they arrived, the routing id first.
 * @param topics The cache that decodes the topic.
 * @param maxMessageBytes The most that topic, headers and body together may take.
 */
export function decodeRequest(frames: readonly Buffer[], topics: TopicCache, maxMessageBytes: number): Request {
  // An id is never empty, so that an empty frame here is the delimiter of a REQ.
  const idAt = frames[1]?.length === 0 ? 2 : 1;
  const idFrame = frames[idAt];
  if (idFrame === undefined) return { address: undefined, content: 'frames' };
  const id = decodeId(idFrame);
  const address = [...frames.slice(0, idAt), id === undefined ? idFrame.subarray(0, MAX_REQUEST_ID_BYTES) : idFrame];
  if (frames.length !== idAt + REQUEST_FRAMES) return { address, content: 'frames' };
  if (id === undefined) return { address, content: 'id' };
  const [topic, headers, body] = frames.slice(idAt + 1) as [Buffer, Buffer, Buffer];
  const content = decodeParts(topic, headers.length === 0 ? undefined : headers, body, topics, maxMessageBytes);
  if (typeof content === 'string') return { address, content };
  if (content.headers === undefined) return { address, content: { ...content, headers: { id } } };
  if (content.headers.id !== undefined) return { address, content };
  return { address, content: { ...content, headers: { ...content.headers, id } } };
}

function decodeId(frame: Buffer): string | undefined {
  if (frame.length === 0 || frame.length > MAX_REQUEST_ID_BYTES || !isUtf8(frame)) return undefined;
  return frame.toString();
}
