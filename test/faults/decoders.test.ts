// The decoders of what comes from outside, given random bytes and messages with a few bytes changed: they never throw what
// nobody expects, and what they take for a message is one. PENSTOCK_FAULT_SIZE says for how many seconds.
import { setImmediate as turn } from 'node:timers/promises';
import { Random } from '@penstock/torture';
import { expect, it, vi } from 'vitest';
import { decodeMessages, encodeMessages } from '../../packages/hub/dist/admin/message-frames.js';
import { decodeFrames } from '../../packages/zeromq/dist/frames.js';
import { decodeRequest } from '../../packages/zeromq/dist/router-request.js';
import { TopicCache } from '../../packages/zeromq/dist/topic-cache.js';
import { faultSize } from '../support/fault-round.js';

const EACH_MS = (faultSize(9) * 1_000) / 3;
vi.setConfig({ testTimeout: EACH_MS + 120_000 });

/** Vitest takes a worker for dead that it hears nothing of for long. */
const TURN_EVERY = 1_000;

const MAX_MESSAGE_BYTES = 4_096;
const TOPIC = /^[^.]+(?:\.[^.]+)*$/;

const seed = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`decoders.test.ts: PENSTOCK_TEST_SEED=${seed}`);

const WHOLE = ['torture.load', '{"id":"a-1","key":"k"}', 'a body', '', '[]', 'a..b', '{"a":1}', '\ufffd'].map((text) =>
  Buffer.from(text),
);

/** A few frames, some of them whole, some spoilt, some random. */
function frames(random: Random): Buffer[] {
  return Array.from({ length: random.between(0, 7) }, () => {
    const frame = Buffer.from(random.next() < 0.6 ? random.pick(WHOLE) : random.bytes(random.between(0, 40)));
    if (frame.length > 0 && random.next() < 0.3) frame[random.between(0, frame.length - 1)] = random.between(0, 255);
    return random.next() < 0.01 ? Buffer.alloc(random.between(1, 2 * MAX_MESSAGE_BYTES), 'x') : frame;
  });
}

/** Goes on for a while, a thousand times at least. */
async function forAWhile(act: (random: Random) => void): Promise<number> {
  const random = new Random(seed);
  const endAtMs = performance.now() + EACH_MS;
  let times = 0;
  while (times < 1_000 || performance.now() < endAtMs) {
    act(random);
    if (++times % TURN_EVERY === 0) await turn();
  }
  return times;
}

interface Decoded {
  readonly topic: string;
  readonly headers: object | undefined;
  readonly body: Uint8Array;
}

function checkMessage({ topic, headers, body }: Decoded): void {
  if (!TOPIC.test(topic)) throw new Error(`took ${JSON.stringify(topic)} for a topic`);
  if (body.length > MAX_MESSAGE_BYTES) throw new Error(`took ${body.length} bytes for a body`);
  const odd = Object.values(headers ?? {}).filter((value) => typeof value !== 'string');
  if (odd.length > 0) throw new Error(`took ${JSON.stringify(headers)} for headers`);
}

it('messages of SUB and PULL sockets', async () => {
  const topics = new TopicCache();
  let taken = 0;
  const times = await forAWhile((random) => {
    const decoded = decodeFrames(frames(random), topics, MAX_MESSAGE_BYTES);
    if (typeof decoded === 'string') return;
    checkMessage(decoded);
    taken++;
  });
  console.log(`${times} messages, of which ${taken} were taken`);
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(times);
});

it('requests to ROUTER sockets', async () => {
  const topics = new TopicCache();
  let taken = 0;
  const times = await forAWhile((random) => {
    const { content } = decodeRequest(frames(random), topics, MAX_MESSAGE_BYTES);
    if (typeof content === 'string') return;
    checkMessage(content);
    taken++;
  });
  console.log(`${times} requests, of which ${taken} were taken`);
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(times);
});

it('requests to the control socket, which end in an error or in messages that lie within them', async () => {
  const whole = encodeMessages([
    { topic: 'torture.load', headers: { id: 'a-1' }, body: Buffer.from('a body') },
    { topic: 'torture.load', body: Buffer.alloc(100, 'b') },
  ]);
  let refused = 0;
  const times = await forAWhile((random) => {
    const bytes = Buffer.from(random.next() < 0.8 ? whole : random.bytes(random.between(0, 200)));
    for (let changes = random.between(0, 3); changes > 0 && bytes.length > 0; changes--) {
      bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
    }
    const request = random.next() < 0.2 ? bytes.subarray(0, random.between(0, bytes.length)) : bytes;
    let bodyBytes = 0;
    try {
      for (const { body } of decodeMessages(request)) bodyBytes += body.length;
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError)) throw error;
      refused++;
    }
    if (bodyBytes > request.length) throw new Error(`took ${bodyBytes} bytes of bodies out of ${request.length}`);
  });
  console.log(`${times} requests, of which ${refused} were refused`);
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(times);
});

it('control: a decoder that trusts what comes is found to throw', async () => {
  const trusting = (parts: readonly Buffer[]) => JSON.parse(String(parts[1])) as unknown;
  await expect(forAWhile((random) => trusting(frames(random)))).rejects.toThrow();
});
