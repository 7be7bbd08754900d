// The three frames that a message goes out as: [topic, headers as JSON, body].
import { randomBytes } from 'node:crypto';
import type { Headers, Message } from '@penstock/hub';
import type { OutgoingFrames } from './frame-writer.js';

/** Headers by which a subscriber counts what it missed, as numbered by {@link Sequence}. */
const NUMBERED_BY_US = /^[\w-]{1,64}@[0-9a-f]{16}\/\d+$/;

/**
 * Makes the frames. The message's id always stands in the header `id`, so that a repeat can be told from a new message
 * and a hub downstream keeps the id.
 *
 * @param more Headers to put over the message's own.
 */
export function framesOf({ topic, id, headers, body }: Message, more: Headers = {}): OutgoingFrames {
  return { topic, headers: JSON.stringify({ ...withoutSequence(headers), id, ...more }), body };
}

/**
 * A message that came from a PUB bears that one's numbers. What goes on is often a part of them, in which a receiver
 * would count gaps that are none.
 */
function withoutSequence(headers: Headers): Headers {
  if (headers.sequence === undefined || !NUMBERED_BY_US.test(headers.publisher ?? '')) return headers;
  const { publisher: _, sequence: __, ...rest } = headers;
  return rest;
}

/** Numbers what one start of one PUB sends. */
export class Sequence {
  readonly #publisher: string;
  #last = 0;

  /** @param consumer The publisher's name in the config. */
  constructor(consumer: string, startedAt = Date.now()) {
    this.#publisher = `${consumer}@${randomBytes(8).toString('hex')}/${startedAt}`;
  }

  /** The headers of the next message. */
  next(): Headers {
    this.#last++;
    return { publisher: this.#publisher, sequence: String(this.#last) };
  }
}
