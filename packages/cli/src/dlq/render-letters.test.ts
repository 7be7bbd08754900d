// Dead letters as text and as JSON: nothing that a message or an error says can steer a terminal.
import type { ShownLetter, UnreadableLetter } from '@penstock/hub/control';
import { expect, it } from 'vitest';
import { PLAIN } from '../table/look.js';
import { letterJson } from './letter-json.js';
import { renderLetter } from './render-letter.js';
import { renderLetters } from './render-letters.js';

const time = Date.parse('2026-01-12T10:00:00.000Z');

const letter: ShownLetter = {
  ordinal: 17,
  reason: 1,
  text: 'no such user\u001b[31m',
  error: {
    name: 'TypeError',
    message: 'bad\nkey',
    code: 'E_KEY',
    stack: 'TypeError: bad\nkey\n    at consume (badges.ts:3:1)\n    at \u001b]0;title\u0007 (x.ts:1:1)',
  },
  attempts: 3,
  firstAt: time,
  lastAt: time + 1_500,
  message: {
    id: 'm1',
    position: 40,
    topic: 'a.b',
    headers: { kind: 'test' },
    body: new TextEncoder().encode('{"n":1}'),
    time,
    text: () => '{"n":1}',
    json: <T>() => ({ n: 1 }) as T,
  },
};
const unreadable: UnreadableLetter = { ordinal: 18, problem: 'its message is not what was written' };

it('a list has a line for each, with the reason and the error', () => {
  expect(
    renderLetters([letter, { ...letter, ordinal: 4, text: 'bad\nkey, said it', attempts: 1_200 }, unreadable], PLAIN),
  ).toBe(
    `\
ID  TIME                      ATTEMPTS  TOPIC  MESSAGE  REASON
17  2026-01-12T10:00:01.500Z         3  a.b    m1       no such user\\u001b[31m: bad\\nkey
 4  2026-01-12T10:00:01.500Z     1,200  a.b    m1       bad\\nkey, said it
18  -                                -  -      -        cannot be read: its message is not what was written`,
  );
});

it('a narrow list loses what can be looked up, and keeps id, topic and reason', () => {
  const lines = renderLetters([letter], { ...PLAIN, width: 40 }).split('\n');
  expect(lines[0]).toBe('ID  TOPIC  REASON');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
});

it('a long reason takes no column away that has room beside its beginning', () => {
  const long = { ...letter, text: 'the account is closed '.repeat(8) };
  const [titles = '', line = ''] = renderLetters([long], { ...PLAIN, width: 100 }).split('\n');
  expect(titles).toMatch(/^ID +TIME +ATTEMPTS +TOPIC +MESSAGE +REASON$/);
  expect(line).toMatch(/the account is closed the account.*…$/);
  expect(line).toHaveLength(100);
});

it('one letter is shown whole, however narrow the terminal', () => {
  const long = { ...letter, text: `${'the account is closed '.repeat(8)}for good` };
  expect(renderLetter(long, { ...PLAIN, width: 40 })).toContain('for good (consumer)');
});

it('one letter has the message, and the error with its stack', () => {
  const lines = renderLetter(letter, PLAIN).split('\n');
  expect(lines.slice(0, 8)).toEqual([
    'letter    17',
    'reason    no such user\\u001b[31m (consumer)',
    'attempts  3',
    'first     2026-01-12T10:00:00.000Z',
    'last      2026-01-12T10:00:01.500Z',
    'error     TypeError: bad\\nkey (E_KEY)',
    '          at consume (badges.ts:3:1)',
    '          at \\u001b]0;title\\u0007 (x.ts:1:1)',
  ]);
  expect(lines.slice(8).join('\n')).toMatch(/40 {2}a\.b {2}m1 {2}7 B\n {2}kind: test\n/);
  expect(renderLetter(unreadable, PLAIN)).toBe('letter    18\nproblem   its message is not what was written');
});

it('JSON has all of it on a line, with the message as hub tail has it', () => {
  const json = letterJson(letter);
  expect(json).not.toContain('\n');
  expect(JSON.parse(json)).toEqual({
    id: 17,
    reason: { kind: 'consumer', text: letter.text },
    error: letter.error,
    attempts: 3,
    firstAt: '2026-01-12T10:00:00.000Z',
    lastAt: '2026-01-12T10:00:01.500Z',
    message: {
      position: 40,
      time: '2026-01-12T10:00:00.000Z',
      topic: 'a.b',
      id: 'm1',
      headers: { kind: 'test' },
      body: '{"n":1}',
    },
  });
  expect(JSON.parse(letterJson({ ...letter, error: undefined }))).toMatchObject({ error: null });
  expect(JSON.parse(letterJson(unreadable))).toEqual({ id: 18, problem: unreadable.problem });
});
