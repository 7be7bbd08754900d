// The hash of an order key: the same for the same key, whatever else is in the message, and nothing for no key.
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderKey } from '../consumer.js';
import { NO_KEY, orderKeyHash } from './order-key.js';
import { viewOf } from './record.js';
import { type ExampleMessage, exampleRecord } from './segment.fixture.js';

/** The hash of a message's record, which does not begin where its memory does. */
function hashOf(message: ExampleMessage, key: OrderKey): number {
  const record = exampleRecord(4_711, message);
  const bytes = Buffer.concat([Buffer.alloc(13, 0x2e), record, Buffer.from('.behind')]);
  return orderKeyHash(bytes, viewOf(bytes), 13, key);
}

const token = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map((text) => text.replaceAll('.', '-'));
const topics = fc.array(token, { minLength: 1, maxLength: 6 });
const headers = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.string({ unit: 'grapheme' }), {
  maxKeys: 5,
});
const crcOf = (text: string): number => crc32(text) || 1;

describe('the hash of an order key', () => {
  it('is the CRC-32 of a header’s value', () => {
    fc.assert(
      fc.property(headers, fc.string(), fc.string({ unit: 'grapheme' }), (others, name, value) => {
        const all = { ...others, [name]: value };
        fc.pre(name !== '__proto__');
        expect(hashOf({ headers: all, id: 'some-id', body: value }, { header: name })).toBe(crcOf(value));
      }),
    );
  });

  it('is that of a topic’s token, counted from either end', () => {
    fc.assert(
      fc.property(topics, fc.nat({ max: 5 }), headers, (tokens, index, all) => {
        fc.pre(index < tokens.length);
        const topic = tokens.join('.');
        const expected = crcOf(tokens[index] as string);
        expect(hashOf({ topic, headers: all }, { topicToken: index })).toBe(expected);
        expect(hashOf({ topic, headers: all }, { topicToken: index - tokens.length })).toBe(expected);
      }),
    );
  });

  it('is none where there is no such token', () => {
    for (const topicToken of [3, 63, -4, -64]) expect(hashOf({ topic: 'a.b.c' }, { topicToken })).toBe(NO_KEY);
  });

  it('is none where there is no such header', () => {
    expect(hashOf({}, { header: 'customer' })).toBe(NO_KEY);
    const near = { Customer: 'x', customer2: 'x', custome: 'x', other: 'customer' };
    expect(hashOf({ headers: near }, { header: 'customer' })).toBe(NO_KEY);
  });

  it('is never that of no key, also of an empty value, whose CRC-32 is 0', () => {
    expect(hashOf({ headers: { k: '' } }, { header: 'k' })).toBe(1);
    expect(crc32('')).toBe(0);
  });
});
