// Whatever bytes a peer sends, and however they are cut, a publisher takes them or refuses them with a ZmtpError, which
// ends the connection: any other error would end the publisher's thread.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader } from './frame-reader.js';
import { NullMechanism } from './mechanism.js';
import { command, greeting, mechanismOf, parseCommand, properties, ZmtpError } from './zmtp-wire.js';

const LARGEST_FRAME = 65_536;

const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const name = fc.constantFrom('READY', 'ERROR', 'PING', 'PONG', 'SUBSCRIBE', 'CANCEL', '', 'x'.repeat(200));
const ready = fc.dictionary(fc.string(), fc.string()).map((values) => command('READY', properties(values)));
const frame = fc.oneof(
  bytes,
  ready,
  fc.tuple(name, bytes).map(([is, data]) => command(is, data)),
);

/** What a peer of good will sends, with some bytes of it changed. */
const stream = fc
  .record({
    frames: fc.array(frame, { maxLength: 6 }),
    greets: fc.boolean(),
    changes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
  })
  .map(({ frames, greets, changes }) => {
    const all = Buffer.concat([...(greets ? [greeting('NULL', false)] : []), ...frames]);
    for (const [at, value] of changes) if (all.length > 0) all[at % all.length] = value;
    return all;
  });

function chunksOf(all: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (all.length + 1)).toSorted((a, b) => a - b), all.length];
  return at.slice(1).map((to, index) => all.subarray(at[index], to));
}

/** What comes out of a stream: bodies, and at the end why it was refused, if it was. */
function decoded(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const reader = new FrameReader(
    (bytes) => seen.push(mechanismOf(bytes)),
    (flags, body) => {
      expect(body.length).toBeLessThanOrEqual(LARGEST_FRAME);
      seen.push(`${flags} ${body.toString('hex')}`);
      for (const take of [parseCommand, (each: Buffer) => new NullMechanism('PUB').answer(each)]) {
        try {
          take(body);
        } catch (error) {
          if (!(error instanceof ZmtpError)) throw error;
        }
      }
    },
  );
  try {
    for (const chunk of chunks) reader.push(chunk);
  } catch (error) {
    if (!(error instanceof ZmtpError)) throw error;
    seen.push(error.message);
  }
  return seen;
}

test('any bytes come out as frames or are refused, and it makes no difference how they were cut', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 8 }), (all, cuts) => {
      expect(decoded(chunksOf(all, cuts))).toEqual(decoded([all]));
    }),
    { numRuns: 2_000 },
  );
});
