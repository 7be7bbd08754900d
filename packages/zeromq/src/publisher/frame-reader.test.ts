import { describe, expect, test } from 'vitest';
import { FrameReader } from './frame-reader.js';
import { FrameWriter } from './frame-writer.js';
import { command, Flag, greeting, mechanismOf, parseProperties, properties, ZmtpError } from './zmtp-wire.js';

function read(chunks: readonly Buffer[]) {
  const greetings: Buffer[] = [];
  const frames: [flags: number, body: string][] = [];
  const reader = new FrameReader(
    (bytes) => greetings.push(bytes),
    (flags, body) => frames.push([flags & ~Flag.LONG, body.toString()]),
  );
  for (const chunk of chunks) reader.push(chunk);
  return { greetings, frames };
}

function written(...bodies: readonly string[]): Buffer {
  const chunks: Buffer[] = [];
  const writer = new FrameWriter((bytes) => chunks.push(Buffer.from(bytes)));
  for (const body of bodies) writer.message({ topic: 'söme.töpic', headers: '{"id":"1"}', body: Buffer.from(body) });
  writer.flush();
  return Buffer.concat(chunks);
}

describe('what arrives', () => {
  const stream = Buffer.concat([
    greeting('NULL', false),
    command('PONG', Buffer.from('x')),
    written('short', 'y'.repeat(300)),
  ]);
  const expected = [
    [Flag.COMMAND, '\u0004PONGx'],
    [Flag.MORE, 'söme.töpic'],
    [Flag.MORE, '{"id":"1"}'],
    [0, 'short'],
    [Flag.MORE, 'söme.töpic'],
    [Flag.MORE, '{"id":"1"}'],
    [0, 'y'.repeat(300)],
  ];

  test.each([1, 2, 7, 63, 65, 1_000])('is cut into the same frames when it comes %i bytes at a time', (size) => {
    const chunks: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
    const { greetings, frames } = read(chunks);
    expect(greetings.map(mechanismOf)).toEqual(['NULL']);
    expect(frames).toEqual(expected);
  });

  test('is refused as soon as a frame says that it is larger than any that a publisher is sent', () => {
    const huge = Buffer.from([Flag.LONG, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect(() => read([greeting('NULL', false), huge])).toThrow(ZmtpError);
  });
});

test('bodies of every size around the limits come out as they went in', () => {
  for (const size of [0, 1, 255, 256, 16_383, 16_384, 65_000]) {
    const bytes = written('x'.repeat(size), 'last');
    const [, , body, , , last] = cut(bytes);
    expect([body?.length, last]).toEqual([size, 'last']);
  }
});

test('many messages go out as few pieces', () => {
  const sizes: number[] = [];
  const writer = new FrameWriter((bytes) => sizes.push(bytes.length));
  for (let number = 0; number < 1_000; number++) {
    writer.message({ topic: 'a.b', headers: '{}', body: Buffer.alloc(512) });
  }
  writer.flush();
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_000 * (2 + 3 + 2 + 2 + 9 + 512));
  expect(sizes.length).toBeLessThan(12);
});

test('a greeting of something else than ZeroMQ, or of an old one, is refused before it is whole', () => {
  expect(() => read([Buffer.from('GET / HTTP/1.1')])).toThrow(/does not greet/);
  expect(() => read([Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1]), Buffer.of(0x7e)])).toThrow(/does not greet/);
  expect(() => read([greeting('NULL', false).subarray(0, 10), Buffer.of(1)])).toThrow(/ZMTP 2 or older/);
  expect(read([greeting('NULL', false).subarray(0, 63)]).greetings).toEqual([]);
});

test('properties are read as they were written, and a cut one is refused', () => {
  const bytes = properties({ 'Socket-Type': 'PUSH', Identity: '' });
  expect([...parseProperties(bytes)]).toEqual([
    ['socket-type', 'PUSH'],
    ['identity', ''],
  ]);
  expect(() => parseProperties(bytes.subarray(0, 14))).toThrow(ZmtpError);
});

/** Frame bodies as text, cut without the reader under test, whose limit they may exceed. */
function cut(bytes: Buffer): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const long = ((bytes[at] as number) & Flag.LONG) !== 0;
    const from = at + (long ? 9 : 2);
    const to = from + (long ? Number(bytes.readBigUInt64BE(at + 1)) : (bytes[at + 1] as number));
    bodies.push(bytes.toString('utf8', from, to));
    at = to;
  }
  return bodies;
}
