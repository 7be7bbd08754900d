import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lines, repeated, whole } from './bodies.js';

async function* pieces(...texts: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text as string);
}

async function texts(bodies: AsyncIterable<readonly Uint8Array[]>): Promise<string[][]> {
  const groups: string[][] = [];
  for await (const group of bodies) groups.push(group.map((body) => Buffer.from(body).toString('latin1')));
  return groups;
}

it('one body is repeated as often as asked, in groups', async () => {
  expect(await texts(repeated(Buffer.from('x'), 5, 2))).toEqual([['x', 'x'], ['x', 'x'], ['x']]);
  expect(await texts(repeated(Buffer.from('x'), 1, 1000))).toEqual([['x']]);
  expect(await texts(repeated(Buffer.from('x'), 0, 1))).toEqual([]);
});

it('a stream is one body, whatever its bytes', async () => {
  expect(await whole(pieces('a\n', Buffer.of(0, 255), 'b'))).toEqual(Buffer.from([97, 10, 0, 255, 98]));
});

it('lines that came together are a group, and none waits for what comes later', async () => {
  expect(await texts(lines(pieces('a\nb\nc', 'd\n', '\n', 'last')))).toEqual([['a', 'b'], ['cd'], [''], ['last']]);
  expect(await texts(lines(pieces()))).toEqual([]);
});

it('lines are the same however the stream was cut', async () => {
  const anyPieces = fc.array(fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.map((byte) => byte % 12)));
  await fc.assert(
    fc.asyncProperty(anyPieces, async (parts) => {
      const all = Buffer.concat(parts).toString('latin1');
      const expected = all.split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect((await texts(lines(pieces(...parts.map((part) => Buffer.from(part)))))).flat()).toEqual(expected);
    }),
  );
});
