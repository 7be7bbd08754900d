// What a consumer is handed and what a program publishes: the public shape of a message, and its limits.
import { PenstockError } from './errors.js';

/** Headers of a message: names to values, both text. */
export type Headers = Readonly<Record<string, string>>;

/** What can be published as a body; text is stored as UTF-8. */
export type Body = Uint8Array | string;

/** The most that the headers of one message may take, encoded: 8 KiB. */
export const MAX_HEADER_BYTES = 8 * 1024;

/** One delivery of one message to one consumer. Immutable; everything is decoded on first use. */
export interface Message {
  /**
   * The message's name for deduplication downstream: the header `id` where there is one; else, of a message
   * published in a consumer, `<id of the delivered message>/<consumer>/<n>` (with an id of more than 1,024
   * characters replaced by its SHA-256 in hex); else `<hub id>-<position>`.
   */
  readonly id: string;
  /** Where the message lies in the journal: a byte offset over all segments, and so ever growing. */
  readonly position: number;
  /** As it was published: tokens split by ".". */
  readonly topic: string;
  /** As they were published; an empty object where there were none. */
  readonly headers: Headers;
  /** The body as it was published, never parsed by the hub. A view: copy it to keep it for long. */
  readonly body: Uint8Array;
  /** When the hub took the message, in milliseconds since 1970. */
  readonly time: number;
  /** 1 for the first delivery, 2 for the first retry, and so on. */
  readonly attempt: number;
  /** The body as UTF-8 text. */
  text(): string;
  /**
   * The body parsed as JSON, on the first call only.
   *
   * @throws JSON_INVALID, naming topic and position.
   */
  json<T = unknown>(): T;
}

/** Throws HEADERS_INVALID unless `headers` is an object whose values are all strings. */
export function checkHeaders(headers: unknown): asserts headers is Headers {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw new PenstockError('HEADERS_INVALID', 'headers are not an object');
  }
  for (const name in headers) {
    if (typeof (headers as Record<string, unknown>)[name] !== 'string') {
      throw new PenstockError('HEADERS_INVALID', `header ${JSON.stringify(name)} is not a string`);
    }
  }
}

/**
 * Throws BODY_INVALID unless `body` is text or bytes, and MESSAGE_TOO_LARGE when topic and body take more than
 * `mostBytes`.
 */
export function checkBody(topic: string, topicBytes: number, body: unknown, mostBytes: number): asserts body is Body {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new PenstockError('BODY_INVALID', `the body published to "${topic}" is neither a string nor a Uint8Array`);
  }
  const most = mostBytes - topicBytes;
  // A character takes three bytes at most: counted exactly only where it matters.
  if (body.length > most || (typeof body === 'string' && body.length * 3 > most && Buffer.byteLength(body) > most)) {
    throw new PenstockError(
      'MESSAGE_TOO_LARGE',
      `a message to "${topic}" takes more than maxMessageBytes, ${mostBytes}`,
    );
  }
}
