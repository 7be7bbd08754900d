// Whoever stands between the two ends of a connection with CURVE, and changes, cuts, repeats or holds back what they
// say, gets no further than its end.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Flag, parseCommand, ZmtpError } from '../publisher/zmtp-wire.js';
import { CurveClientMechanism } from './client-mechanism.js';
import { generateKeyPair } from './keys.js';
import { CurveServerMechanism } from './server-mechanism.js';

const [hub, ada] = [generateKeyPair(), generateKeyPair()];

const bodyOf = (frame: Buffer | undefined): Buffer => {
  if (frame === undefined) throw new Error('nothing was said');
  const long = ((frame[0] as number) & Flag.LONG) !== 0;
  return Buffer.from(frame.subarray(long ? 9 : 2));
};

function ends() {
  const client = new CurveClientMechanism('PUSH', { ...ada, serverKey: hub.publicKey });
  const server = new CurveServerMechanism(
    'PUSH',
    { secretKey: hub.secretKey, allowed: new Map([[ada.publicKey, '']]) },
    '',
  );
  return { client, server };
}

/** The four commands in their order; each goes through `between` on its way. */
function shakeHands({ client, server }: ReturnType<typeof ends>, between = (body: Buffer, _step: number) => body) {
  const hello = between(bodyOf(client.begin()), 0);
  const welcome = between(bodyOf(server.answer(hello).frame), 1);
  const initiate = between(bodyOf(client.answer(welcome).frame), 2);
  const ready = between(bodyOf(server.answer(initiate).frame), 3);
  expect(client.answer(ready).peerType).toBe('PUSH');
  if (client.box === undefined || server.box === undefined) throw new Error('the handshake is not over');
  return { hello, initiate, ready, client: client.box, server: server.box };
}

/** What HELLO is filled up with, so that its answer is no longer than itself. It means nothing, and nobody looks at it. */
const PADDING = { from: 8, to: 80 };

test('a bit that is changed anywhere in the handshake, or a wrong length, ends it', () => {
  const change = fc.record({
    step: fc.nat({ max: 3 }),
    at: fc.nat(),
    bit: fc.nat({ max: 7 }),
    cut: fc.option(fc.nat()),
  });
  fc.assert(
    fc.property(change, ({ step, at, bit, cut }) => {
      const changed = (body: Buffer) => {
        if (cut !== null) return body.subarray(0, cut % body.length);
        const place = at % body.length;
        const shown = step === 0 && place >= PADDING.from && place < PADDING.to ? 0 : place;
        body[shown] = (body[shown] as number) ^ (1 << bit);
        return body;
      };
      const between = (body: Buffer, now: number) => (now === step ? changed(body) : body);
      expect(() => shakeHands(ends(), between)).toThrow(ZmtpError);
    }),
    { numRuns: 150 },
  );
});

test('what was recorded of one connection is worth nothing on the next', () => {
  const recorded = shakeHands(ends());
  const replayed = ends();
  // Whoever made this HELLO has shown that it knows the hub's public key; but the answer is for its own new key only.
  const welcome = replayed.server.answer(recorded.hello).frame;
  expect(() => replayed.server.answer(recorded.initiate)).toThrow(/wrong cookie/);
  expect(bodyOf(welcome)).not.toEqual(bodyOf(ends().server.answer(recorded.hello).frame));
  const another = ends();
  another.client.begin();
  expect(() => another.client.answer(bodyOf(welcome))).toThrow(ZmtpError);
  expect(() => another.client.answer(recorded.ready)).toThrow(/READY where WELCOME was due/);
});

test('every connection has keys of its own', () => {
  const keys = [ends(), ends(), ends()].map(({ client }) =>
    parseCommand(bodyOf(client.begin())).data.toString('hex', 74, 106),
  );
  expect(new Set(keys).size).toBe(3);
});

test('commands of the handshake that come twice, or out of order, end it', () => {
  const { client, server } = ends();
  expect(() => server.answer(Buffer.from('\x08INITIATE'))).toThrow(/INITIATE where HELLO was due/);
  const hello = bodyOf(client.begin());
  const welcome = bodyOf(server.answer(hello).frame);
  expect(() => server.answer(hello)).toThrow(/HELLO where INITIATE was due/);
  client.answer(welcome);
  expect(() => client.answer(welcome)).toThrow(/WELCOME where READY was due/);
});

test('a message that comes twice, late, changed, or back to its sender, ends the connection', () => {
  const between = () => shakeHands(ends());
  const text = Buffer.from('a secret');
  const { client, server } = between();
  const [first, second, third] = [0, 0, Flag.COMMAND].map((flags) => bodyOf(client.seal(flags, text)));
  if (first === undefined || second === undefined || third === undefined) throw new Error('nothing was sealed');
  expect(first.includes(text)).toBe(false);
  expect(server.open(second)).toEqual({ flags: 0, body: text });
  expect(() => server.open(second)).toThrow(/again, or out of order/);
  expect(() => server.open(first)).toThrow(/again, or out of order/);
  expect(() => client.open(third)).toThrow(ZmtpError);
  expect(server.open(third)).toEqual({ flags: Flag.COMMAND, body: text });
  expect(() => between().server.open(third)).toThrow(/under another key/);
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 7 }), (at, bit) => {
      const body = bodyOf(client.seal(Flag.MORE, text));
      const place = at % body.length;
      body[place] = (body[place] as number) ^ (1 << bit);
      expect(() => server.open(body)).toThrow(ZmtpError);
    }),
  );
});

test('bytes that are no command of the handshake, and none of the frames after it, are refused and nothing worse', () => {
  const { server, client } = shakeHands(ends());
  const names = ['HELLO', 'WELCOME', 'INITIATE', 'READY', 'MESSAGE', 'ERROR'].map((name) => [
    name.length,
    ...Buffer.from(name),
  ]);
  const command = fc
    .tuple(fc.constantFrom(...names), fc.uint8Array({ maxLength: 300 }))
    .map(([name, data]) => [...name, ...data]);
  const body = fc.oneof(fc.uint8Array({ maxLength: 300 }), command).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(body, (bytes) => {
      const fresh = ends();
      expect(() => fresh.server.answer(bytes)).toThrow(ZmtpError);
      expect(() => fresh.client.answer(bytes)).toThrow(ZmtpError);
      expect(() => server.open(bytes)).toThrow(ZmtpError);
      expect(() => client.open(bytes)).toThrow(ZmtpError);
    }),
    { numRuns: 200 },
  );
});
