import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRequest, REPLY_CODES } from './router-request.js';
import { TopicCache } from './topic-cache.js';

const MAX_BYTES = 10_000;
const PEER = 'peer';
const decode = (...frames: (string | Buffer)[]) => {
  const { address, content } = decodeRequest(
    frames.map((frame) => Buffer.from(frame as string)),
    new TopicCache(),
    MAX_BYTES,
  );
  return { address: address?.map(String), content };
};

describe('decodeRequest', () => {
  test('takes [id, topic, headers as JSON, body], and makes the id a header', () => {
    expect(decode(PEER, 'r-1', 'a.b', '{"word":"Grüße"}', 'body')).toEqual({
      address: [PEER, 'r-1'],
      content: { topic: 'a.b', headers: { word: 'Grüße', id: 'r-1' }, body: Buffer.from('body') },
    });
  });

  test('takes an empty frame for no headers', () => {
    expect(decode(PEER, 'r-1', 'a', '', '')).toEqual({
      address: [PEER, 'r-1'],
      content: { topic: 'a', headers: { id: 'r-1' }, body: Buffer.alloc(0) },
    });
  });

  test('leaves the id that the headers bring', () => {
    expect(decode(PEER, 'r-1', 'a', '{"id":"badge-7"}', '').content).toMatchObject({ headers: { id: 'badge-7' } });
  });

  test('keeps a header named __proto__ a header', () => {
    const { content } = decode(PEER, 'r-1', 'a', '{"__proto__":"x"}', '');
    expect(Object.entries((content as { headers: object }).headers)).toEqual([
      ['__proto__', 'x'],
      ['id', 'r-1'],
    ]);
  });

  test('answers a REQ with the empty frame that it puts first', () => {
    expect(decode(PEER, '', 'r-1', 'a', '', 'body')).toMatchObject({
      address: [PEER, '', 'r-1'],
      content: { topic: 'a', headers: { id: 'r-1' } },
    });
  });

  test.each([
    ['no frame', [], undefined],
    ['an empty frame', [''], undefined],
    ['an id alone', ['r-1'], [PEER, 'r-1']],
    ['no headers frame', ['r-1', 'a', 'body'], [PEER, 'r-1']],
    ['a frame too many', ['r-1', 'a', '', 'body', 'more'], [PEER, 'r-1']],
    ['a REQ that sends no headers frame', ['', 'r-1', 'a', 'body'], [PEER, '', 'r-1']],
  ])('rejects %s by its frames, and knows whom to answer where there is an id', (_, frames, address) => {
    expect(decode(PEER, ...frames)).toEqual({ address, content: 'frames' });
  });

  test.each([
    ['256 bytes', Buffer.alloc(256, 'x'), 'x'.repeat(255)],
    ['no UTF-8', Buffer.from([0x61, 0xff]), 'a\ufffd'],
    ['nothing, behind the frame of a REQ', Buffer.alloc(0), ''],
  ])('rejects an id of %s, and answers with at most 255 bytes of it', (_, id, echoed) => {
    expect(decode(PEER, '', id, 'a', '', '')).toEqual({ address: [PEER, '', echoed], content: 'id' });
  });

  test('takes an id of 255 bytes', () => {
    expect(decode(PEER, 'x'.repeat(255), 'a', '', '').content).toMatchObject({ headers: { id: 'x'.repeat(255) } });
  });

  test.each([
    ['topic', ['r-1', 'a..b', '', 'body']],
    ['headers', ['r-1', 'a', '{"n":1}', 'body']],
    ['size', ['r-1', 'a', '', Buffer.alloc(MAX_BYTES)]],
  ])('rejects by its %s what no other socket would take', (reason, frames) => {
    expect(decode(PEER, ...frames)).toEqual({ address: [PEER, 'r-1'], content: reason });
  });
});

test('whatever the frames, it knows whom to answer, or that nobody can be, and never throws', () => {
  const words = fc.constantFrom('', 'r-1', 'a.b', '{"id":"x"}', '{}').map((text) => Buffer.from(text));
  const frame = fc.oneof(
    words,
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  );
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 7 }), (frames) => {
      const { address, content } = decodeRequest([Buffer.from(PEER), ...frames], new TopicCache(), MAX_BYTES);
      const id = frames[0]?.length === 0 ? frames[1] : frames[0];
      expect(address?.at(-1)).toEqual(id?.subarray(0, 255));
      if (typeof content === 'string') expect(Object.keys(REPLY_CODES)).toContain(content);
      else expect(content.headers?.id).toBeTypeOf('string');
    }),
    { numRuns: 2_000 },
  );
});

test('docs/zeromq.md has every reason of a rejection, and every code of an error reply', () => {
  const page = readFileSync(new URL('../../../docs/zeromq.md', import.meta.url), 'utf8');
  const inTables = new Set(
    [...page.matchAll(/^\| ([^|]+)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
    ),
  );
  const words = [...Object.keys(REPLY_CODES), ...Object.values(REPLY_CODES), 'JOURNAL_FAILED', 'HUB_NOT_RUNNING'];
  expect(words.filter((word) => !inTables.has(word))).toEqual([]);
});
