import { REQUEST_BYTES } from '@penstock/hub/control';
import { expect, it } from 'vitest';
import { type MessageOptions, Requests } from './requests.js';

const bodies = (count: number, bytes: number) => new Array<Uint8Array>(count).fill(new Uint8Array(bytes));

const requests = (options: MessageOptions, sizes: Uint8Array[]) => [...new Requests('a.b', options).of(sizes)];

it('each message has the topic, the headers and its body, in order', () => {
  const [request] = requests({ header: { k: 'v' } }, [Buffer.from('1'), Buffer.from('2')]);
  expect(request).toEqual(['1', '2'].map((body) => ({ topic: 'a.b', headers: { k: 'v' }, body: Buffer.from(body) })));
});

it('no request is over its size but for one message that is by itself, and none has too many messages', () => {
  const sizes = [10, 300_000, 100_000, 100_000, 100_000, 10];
  const made = requests(
    {},
    sizes.map((size) => new Uint8Array(size)),
  );
  expect(made.map((request) => request.map(({ body }) => body.byteLength))).toEqual([
    [10],
    [300_000],
    [100_000, 100_000],
    [100_000, 10],
  ]);
  expect(requests({}, bodies(2_500, 0)).map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  const made500 = new Requests('a.b', {}).most(500);
  expect(requests({}, bodies(made500, 500))).toHaveLength(1);
  expect(made500 * 500).toBeLessThan(REQUEST_BYTES);
  expect(new Requests('a.b', {}).most(10_000_000)).toBe(1);
});

it('an id is the message’s own where there is one, and has a number where there are several', () => {
  const ids = (options: MessageOptions) =>
    requests(options, bodies(2, 1))
      .flat()
      .map(({ headers }) => headers);
  expect(ids({ id: 'x' })).toEqual([{ id: 'x' }, { id: 'x' }]);
  expect(ids({ id: 'x', count: 2 })).toEqual([{ id: 'x-1' }, { id: 'x-2' }]);
  expect(ids({ id: 'x', lines: true, header: { k: 'v' } })).toEqual([
    { k: 'v', id: 'x-1' },
    { k: 'v', id: 'x-2' },
  ]);
});
