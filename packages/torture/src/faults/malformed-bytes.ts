// Makes what no well-meaning peer sends, of each kind that a decoder can stumble over.
import type { Random } from '../random.js';
import type { Stream } from './stranger.js';
import { frame, greeting, message, readyCommand } from './zmtp-peer.js';

const MOST_BYTES = 600;
const MOST_FRAMES = 40;

/** A message that never ends is sent up to here. */
const ENDLESS_FRAMES = 400;

const SPOILT_HEADERS = ['{', '[]', '{"a":1}', '{"a":"', 'null', '"', '\xff\xfe', '{"__proto__":"x"}', '{"id":""}'];

/** A connection to a ZeroMQ socket that takes peers of this type. */
export function malformedStream(peer: string, random: Random): Stream {
  const hello = Buffer.concat([greeting(), readyCommand(peer)]);
  const kinds: readonly (() => Stream)[] = [
    () => ({ chunks: [random.bytes(random.between(0, MOST_BYTES))], frames: 1 }),
    // Half open: part of a greeting, and then nothing.
    () => ({ chunks: [greeting().subarray(0, random.between(0, 63))], frames: 0 }),
    () => ({ chunks: [greeting(), random.bytes(random.between(1, MOST_BYTES))], frames: 1 }),
    () => ({ chunks: [greeting(), readyCommand(random.pick(['', 'PAIR', 'REQ', 'X'.repeat(200)]))], frames: 1 }),
    () => ({ chunks: [spoilt(hello, random)], frames: 1 }),
    () => many(hello, random, () => message(oddFrames(random))),
    () => many(hello, random, () => spoilt(message(oddFrames(random)), random)),
    // A frame that says it is larger than any can be.
    () => ({
      chunks: [hello, frame(random.bytes(8), false, random.pick([1n << 62n, 1n << 32n, 100_000_000n]))],
      frames: 1,
    }),
    // A frame that says it is larger than what comes.
    () => ({ chunks: [hello, frame(random.bytes(8), false, BigInt(random.between(9, 60_000)))], frames: 1 }),
    () => ({
      chunks: [hello, ...Array.from({ length: ENDLESS_FRAMES }, () => frame(Buffer.alloc(1_024), true))],
      frames: ENDLESS_FRAMES,
    }),
  ];
  return random.pick(kinds)();
}

/** A connection to the control socket. */
export function malformedRequest(random: Random): Stream {
  const kinds: readonly (() => Buffer)[] = [
    () => random.bytes(random.between(1, MOST_BYTES)),
    () => post('/messages', random.bytes(random.between(0, MOST_BYTES)), 'application/octet-stream'),
    () => post('/messages', spoilt(publishing(random), random), 'application/octet-stream'),
    () => post('/messages', publishing(random, 0xffff_fff0), 'application/octet-stream'),
    () =>
      post(
        random.pick(['/pause', '/resume', '/replay', '/', `/${'x'.repeat(5_000)}`]),
        Buffer.from('{"consumers":7'),
        'application/json',
      ),
    // Says that more comes than does.
    () =>
      Buffer.from(
        `POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: ${random.between(100, 4_000_000_000)}\r\n\r\nx`,
      ),
    () => Buffer.from(`GET /${'h: x\r\n'.repeat(5_000)}`),
  ];
  return { chunks: [random.pick(kinds)()], frames: 1 };
}

/** As a request to publish has it: lengths, head, body; see the hub's `message-frames.ts`. */
function publishing(random: Random, saidBytes?: number): Buffer {
  const head = Buffer.from(
    JSON.stringify({ topic: random.pick(['torture.odd', '', '..', 'a b']), headers: { a: 'b' } }),
  );
  const body = random.bytes(random.between(0, MOST_BYTES));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(head.length, 0);
  lengths.writeUInt32LE(saidBytes ?? body.length, 4);
  return Buffer.concat([lengths, head, body]);
}

function post(path: string, body: Buffer, type: string): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Frames of a whole message that says something odd, or nothing. */
function oddFrames(random: Random): Buffer[] {
  const odd = (): Buffer =>
    random.pick([
      () => Buffer.alloc(0),
      () => random.bytes(random.between(1, MOST_BYTES)),
      () => Buffer.from(random.pick(SPOILT_HEADERS), 'latin1'),
      () => Buffer.from('torture.odd'),
      () => Buffer.alloc(70_000, 'x'),
    ])();
  return Array.from({ length: random.between(1, 7) }, odd);
}

function many(hello: Buffer, random: Random, make: () => Buffer): Stream {
  const frames = random.between(1, MOST_FRAMES);
  return { chunks: [hello, ...Array.from({ length: frames }, make)], frames };
}

/** The same bytes with some changed, or cut short. */
function spoilt(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return copy;
  for (let changes = random.between(1, 4); changes > 0; changes--) {
    copy[random.between(0, copy.length - 1)] = random.between(0, 255);
  }
  return random.next() < 0.3 ? copy.subarray(0, random.between(0, copy.length)) : copy;
}
