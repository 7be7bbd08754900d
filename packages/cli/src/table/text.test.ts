import { expect, test } from 'vitest';
import { cut, printable } from './text.js';

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
