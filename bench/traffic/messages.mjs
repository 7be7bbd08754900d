// The traffic of every scenario: 512-byte bodies that begin with their sequence number, and where waits are measured
// then have the time at which they were published; two headers, 64 topics.
// Templates are made once, so that a sender pays for its bus and not for making up messages.

/** Size of a body in bytes. */
export const BODY_BYTES = 512;

/** Matches the topics of all messages. */
export const TOPIC_PATTERN = 'bench.>';

/** A power of two over twice the number of publishes in flight: a body is not rewritten while its publish waits. */
const TEMPLATES = 2048;
const TOPICS = 64;

const bodies = Buffer.alloc(TEMPLATES * BODY_BYTES, 'x');

/** @typedef {{ topic: string, headers: Record<string, string>, body: Buffer }} Message */

/** @type {Message[]} */
const templates = Array.from({ length: TEMPLATES }, (_, n) => ({
  topic: `bench.topic-${n % TOPICS}`,
  headers: { 'content-type': 'application/octet-stream', trace: n.toString(16).padStart(8, '0') },
  body: bodies.subarray(n * BODY_BYTES, (n + 1) * BODY_BYTES),
}));

/**
 * The message with this sequence number. It is valid until {@link TEMPLATES} further messages were asked for.
 *
 * @param {number} sequence from 0, below 2^32
 */
export function messageAt(sequence) {
  const message = templates[sequence & (TEMPLATES - 1)];
  message.body.writeUInt32LE(sequence, 0);
  return message;
}

/**
 * The same messages with a header of the sender's own in the place of `trace`: its values in turn.
 *
 * @param {string} name
 * @param {string[]} values
 * @returns {typeof messageAt}
 */
export function messagesWith(name, values) {
  const headers = values.map((value) => ({ 'content-type': 'application/octet-stream', [name]: value }));
  return (sequence) => ({ ...messageAt(sequence), headers: headers[sequence % headers.length] });
}

/** Size of a small body in bytes. */
const SMALL_BODY_BYTES = 64;

/**
 * The same message with a body of 64 bytes, of which a hundred thousand can be in flight in one thread.
 *
 * @type {typeof messageAt}
 */
export function smallMessageAt(sequence) {
  const message = messageAt(sequence);
  return { ...message, body: message.body.subarray(0, SMALL_BODY_BYTES) };
}

/**
 * The sequence number of a delivered body. Four byte loads: the same price for a Buffer and a Uint8Array.
 *
 * @param {Uint8Array} body
 */
export function sequenceOf(body) {
  return (body[0] | (body[1] << 8) | (body[2] << 16) | (body[3] << 24)) >>> 0;
}

/** Where a body has its time, in bytes: behind the sequence number. */
const TIME_AT = 4;

/**
 * The message with this sequence number, and in it the time of its publishing.
 *
 * @param {number} sequence
 * @param {number} timeMs monotonic milliseconds
 */
export function timedMessageAt(sequence, timeMs) {
  const message = messageAt(sequence);
  message.body.writeDoubleLE(timeMs, TIME_AT);
  return message;
}

/**
 * When a delivered body was published, in monotonic milliseconds.
 *
 * @param {Uint8Array} body of {@link timedMessageAt}
 */
export const timeOf = (body) => new DataView(body.buffer, body.byteOffset + TIME_AT, 8).getFloat64(0, true);

const frames = templates.map(({ topic, headers }) => [Buffer.from(topic), Buffer.from(JSON.stringify(headers))]);

/**
 * The same message as ZeroMQ frames: topic, headers as JSON, body. The body is a fresh copy, since zeromq.js
 * sends frames over 128 bytes without copying them.
 *
 * @param {number} sequence
 * @param {number} [timeMs] the time to put into it, as {@link timedMessageAt} does
 * @returns {Buffer[]}
 */
export function framesAt(sequence, timeMs) {
  const [topic, headers] = frames[sequence & (TEMPLATES - 1)];
  const { body } = timeMs === undefined ? messageAt(sequence) : timedMessageAt(sequence, timeMs);
  return [topic, headers, Buffer.from(body)];
}
