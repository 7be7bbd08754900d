import { expect, test } from 'vitest';
import { cut, printable, widthOf } from './text.js';

test('what would steer a terminal is written out', () => {
  expect(printable('a\nb\tc\r\x1b[31mred\x07\u009b2J\u202etxt')).toBe(
    'a\\nb\\tc\\r\\u001b[31mred\\u0007\\u009b2J\\u202etxt',
  );
  expect(printable('grüße 🙂 日本')).toBe('grüße 🙂 日本');
});

test('a line is cut to the width with a mark, and otherwise left as it is', () => {
  expect(cut('abcdef', 6)).toBe('abcdef');
  expect(cut('abcdef', 4)).toBe('abc…');
  expect(cut('abcdef', Number.POSITIVE_INFINITY)).toBe('abcdef');
});

test.each([
  ['plain', 5],
  ['grüße', 5],
  ['日本語', 6],
  ['ｆｕｌｌ', 8],
  ['한국', 4],
  ['🙂', 2],
  ['e\u0301', 1],
  ['αβγ', 3],
])('%s takes %d columns', (text, columns) => expect(widthOf(text)).toBe(columns));

test('wide text is cut to the columns it takes, never within a character', () => {
  expect(cut('日本語', 6)).toBe('日本語');
  expect(cut('日本語', 5)).toBe('日本…');
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('🙂🙂', 3)).toBe('🙂…');
});
