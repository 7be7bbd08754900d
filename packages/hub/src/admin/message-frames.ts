// Messages on their way over the control socket: many in one request, and their bodies as the bytes that they are.
// Each is a u32 length of its head, a u32 length of its body (both little-endian), the head as JSON, and the body.
import type { Headers } from '../message.js';

/** A message to be published. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly body: Uint8Array;
  readonly headers?: Headers | undefined;
}

const LENGTHS_BYTES = 8;

export function encodeMessages(messages: readonly OutgoingMessage[]): Buffer {
  return Buffer.concat(
    messages.flatMap(({ body, ...head }) => {
      const json = Buffer.from(JSON.stringify(head));
      const lengths = Buffer.allocUnsafe(LENGTHS_BYTES);
      lengths.writeUInt32LE(json.byteLength, 0);
      lengths.writeUInt32LE(body.byteLength, 4);
      return [lengths, json, body];
    }),
  );
}

/**
 * The counterpart of {@link encodeMessages}. What a head says is as the sender wrote it: unchecked.
 *
 * @throws When the bytes are no whole messages.
 */
export function* decodeMessages(bytes: Buffer): Generator<OutgoingMessage, void> {
  for (let at = 0; at < bytes.byteLength; ) {
    const headAt = at + LENGTHS_BYTES;
    const bodyAt = headAt + bytes.readUInt32LE(at);
    const end = bodyAt + bytes.readUInt32LE(at + 4);
    if (end > bytes.byteLength) throw new RangeError('the request ends in the middle of a message');
    const { topic, headers } = JSON.parse(bytes.toString('utf8', headAt, bodyAt)) as OutgoingMessage;
    yield { topic, headers, body: bytes.subarray(bodyAt, end) };
    at = end;
  }
}
