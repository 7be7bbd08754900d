import { expect, it } from 'vitest';
import { parseHeader, parseId, parseTopic } from './message-options.js';

it('headers gather; a value may have "=" in it, or be empty', () => {
  const first = parseHeader('a=1', undefined);
  expect(parseHeader('b=x=y', first)).toEqual({ a: '1', b: 'x=y' });
  expect(parseHeader('b=', first)).toEqual({ a: '1', b: '' });
  expect(Object.keys(parseHeader('__proto__=x'))).toEqual(['__proto__']);
});

it.each([
  ['a header without a value', () => parseHeader('a'), 'name=value'],
  ['a header without a name', () => parseHeader('=1'), 'name=value'],
  ['a header that is there twice', () => parseHeader('a=2', { a: '1' }), 'there twice'],
  ['headers that are too large together', () => parseHeader(`a=${'x'.repeat(8_192)}`), '8192 bytes'],
  ['a topic with an empty token', () => parseTopic('a..b'), 'has an empty token'],
  ['an empty id', () => parseId(''), '1 to 200 bytes'],
  ['a long id', () => parseId('ü'.repeat(101)), '1 to 200 bytes'],
])('%s is refused with what is wrong', (_what, parse, message) => {
  expect(parse).toThrow(message);
});
