import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeMessages, encodeMessages } from './message-frames.js';

const message = fc.record({
  topic: fc.string(),
  body: fc.uint8Array({ maxLength: 300 }),
  headers: fc.option(fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), { nil: undefined }),
});

it('messages cross as they are, whatever their bytes', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), (messages) => {
      const seen = [...decodeMessages(encodeMessages(messages))];
      expect(seen.map((each) => ({ ...each, body: new Uint8Array(each.body) }))).toEqual(messages);
    }),
  );
});

it('bytes that end in the middle of a message are refused, after the whole messages before', () => {
  const messages = ['one', 'two'].map((text) => ({ topic: 'a', body: Buffer.from(text) }));
  const bytes = encodeMessages(messages);
  const second = bytes.byteLength / 2;
  for (let length = second + 1; length < bytes.byteLength; length++) {
    const decoding = decodeMessages(bytes.subarray(0, length));
    expect(decoding.next().value).toMatchObject({ topic: 'a' });
    expect(() => decoding.next()).toThrow();
  }
});
