import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeTopic, TopicCache } from './topic-cache.js';

const topicBytes = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => Buffer.from(text)),
  fc.stringMatching(/^[a-c]{1,3}(\.[a-c]{1,3}){0,3}$/).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

describe('TopicCache', () => {
  test('gives what decoding without a cache gives, for any bytes in any order', () => {
    fc.assert(
      fc.property(fc.array(topicBytes, { minLength: 1, maxLength: 50 }), (frames) => {
        const cache = new TopicCache();
        for (const frame of [...frames, ...frames]) expect(cache.decode(frame)).toBe(decodeTopic(frame));
      }),
    );
  });

  test('is right for more topics than it has slots', () => {
    const cache = new TopicCache();
    const topics = Array.from({ length: 20_000 }, (_, at) => `org.example.${at}`);
    const wrong = [...topics, ...topics.toReversed()].filter((topic) => cache.decode(Buffer.from(topic)) !== topic);
    expect(wrong).toEqual([]);
  });

  test('keeps no view of a frame, whose memory may be used again', () => {
    const cache = new TopicCache();
    const frame = Buffer.from('one.topic');
    expect(cache.decode(frame)).toBe('one.topic');
    frame.write('two');
    expect(cache.decode(frame)).toBe('two.topic');
    expect(cache.decode(Buffer.from('one.topic'))).toBe('one.topic');
  });

  test.each([
    ['invalid UTF-8', [0x61, 0xff]],
    ['an overlong encoding', [0xc0, 0xae]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['nothing', []],
    ['an empty token', [...Buffer.from('a..b')]],
    ['1,025 bytes', [...Buffer.alloc(1025, 'a')]],
  ])('finds no topic in %s', (_, bytes) => {
    expect(new TopicCache().decode(Buffer.from(bytes))).toBeUndefined();
  });

  test('takes a topic of 1,024 bytes', () => {
    expect(new TopicCache().decode(Buffer.alloc(1024, 'a'))).toHaveLength(1024);
  });
});
