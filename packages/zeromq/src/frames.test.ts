import { isUtf8 } from 'node:buffer';
import { topicProblem } from '@penstock/hub/source';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrames, REJECT_REASONS } from './frames.js';
import { TopicCache } from './topic-cache.js';

const MAX_BYTES = 100_000;
const decode = (...frames: (string | Buffer)[]) =>
  decodeFrames(
    frames.map((frame) => Buffer.from(frame as string)),
    new TopicCache(),
    MAX_BYTES,
  );

describe('decodeFrames', () => {
  test('takes [topic, body]', () => {
    expect(decode('a.b', 'body')).toEqual({ topic: 'a.b', headers: undefined, body: Buffer.from('body') });
  });

  test('takes [topic, headers as JSON, body]', () => {
    const headers = { id: '1', word: 'Grüße', nul: '\0' };
    expect(decode('a.b', JSON.stringify(headers), '')).toEqual({ topic: 'a.b', headers, body: Buffer.alloc(0) });
  });

  test('takes a body of any bytes, without a copy', () => {
    const body = Buffer.from([0xff, 0x00, 0xfe]);
    expect(decodeFrames([Buffer.from('a'), body], new TopicCache(), MAX_BYTES)).toHaveProperty('body', body);
  });

  test.each([[[]], [['a']], [['a', '{}', 'b', 'c']], [new Array(5000).fill('a')]])(
    'rejects another count of frames',
    (frames: string[]) => {
      expect(decode(...frames)).toBe('frames');
    },
  );

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '["a"]'],
    ['text', '"a"'],
    ['a number for a value', '{"a":1}'],
    ['null for a value', '{"a":"b","c":null}'],
    ['an object for a value', '{"__proto__":{"a":"b"}}'],
    ['invalid UTF-8', Buffer.from('{"a":"\xff"}', 'latin1')],
    ['larger than JSON of 8 KiB can be', JSON.stringify({ a: 'x'.repeat(6 * 8192) })],
  ])('rejects headers that are %s', (_, headers) => {
    expect(decode('a', headers, 'body')).toBe('headers');
  });

  test('leaves it to the hub whether headers are too large that take more than 8 KiB as JSON alone', () => {
    const headers = { a: '\u0001'.repeat(8000) };
    expect(decode('a', JSON.stringify(headers), '')).toMatchObject({ headers });
  });

  test('takes headers in which a replacement character was meant', () => {
    expect(decode('a', '{"a":"\ufffd"}', '')).toMatchObject({ headers: { a: '\ufffd' } });
  });

  test('rejects by all frames together what is too large', () => {
    expect(decode('a', Buffer.alloc(MAX_BYTES - 1))).toMatchObject({ topic: 'a' });
    expect(decode('a', Buffer.alloc(MAX_BYTES))).toBe('size');
    expect(decode('a', '{}', Buffer.alloc(MAX_BYTES - 2))).toBe('size');
  });

  test('takes exactly what the format allows and never throws, whatever the frames', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((value) => Buffer.from(value));
    const topic = fc.stringMatching(/^[a-c]{1,2}(\.[a-c]{0,2}){0,2}$/).map((value) => Buffer.from(value));
    const json = fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue());
    const headers = json.map((value) => Buffer.from(JSON.stringify(value)));
    const frame = fc.oneof(bytes, text, topic, headers);
    const frames = fc.oneof(fc.tuple(topic, frame), fc.tuple(topic, headers, frame), fc.array(frame, { maxLength: 5 }));
    fc.assert(
      fc.property(frames, (list) => {
        const decoded = decodeFrames(list, new TopicCache(), MAX_BYTES);
        if (typeof decoded === 'string') {
          expect(Object.keys(REJECT_REASONS)).toContain(decoded);
          expect(naive(list)).toBeUndefined();
        } else {
          expect(decoded).toEqual(naive(list));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** The format in a few slow lines. */
function naive(frames: readonly Buffer[]): unknown {
  const [first, ...rest] = frames;
  const body = rest.at(-1);
  if (first === undefined || body === undefined || rest.length > 2) return undefined;
  if (!isUtf8(first) || topicProblem(first.toString()) !== undefined) return undefined;
  if (rest.length === 1) return { topic: first.toString(), headers: undefined, body };
  try {
    const headers = JSON.parse(new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(rest[0]));
    if (Object.getPrototypeOf(headers) !== Object.prototype) return undefined;
    if (Object.values(headers).some((value) => typeof value !== 'string')) return undefined;
    return { topic: first.toString(), headers, body };
  } catch {
    return undefined;
  }
}
