import { expect, test } from 'vitest';
import { lookOf } from './look.js';

const terminal = { isTTY: true, columns: 100 };
const pipe = {};

test.each([
  ['a terminal', terminal, {}, true],
  ['a pipe', pipe, {}, false],
  ['a pipe in CI', pipe, { CI: 'true' }, false],
  ['a terminal under NO_COLOR', terminal, { NO_COLOR: '1' }, false],
  ['a terminal under an empty NO_COLOR, which counts as none', terminal, { NO_COLOR: '' }, true],
  ['a dumb terminal', terminal, { TERM: 'dumb' }, false],
  ['a pipe under FORCE_COLOR', pipe, { FORCE_COLOR: '1' }, true],
  ['a terminal under FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }, false],
  ['both variables, of which NO_COLOR wins', pipe, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
])('colours on %s', (_what, stream, environment, colours) => {
  expect(lookOf(stream, environment).colours.isColorSupported).toBe(colours);
});

test('lines are as wide as a terminal, and endless where they are piped', () => {
  expect(lookOf(terminal, {}).width).toBe(100);
  expect(lookOf({ isTTY: true, columns: 0 }, {}).width).toBe(Number.POSITIVE_INFINITY);
  expect(lookOf(pipe, { FORCE_COLOR: '1' }).width).toBe(Number.POSITIVE_INFINITY);
});
