import { describe, expect, it, test } from 'vitest';
import { parseFrom, parseTo } from './journal-place.js';

const NOW = Date.parse('2026-03-04T05:06:07.890Z');
const read = (text: string) => parseFrom(text, NOW);

test.each([
  ['earliest', { kind: 'earliest' }],
  ['0', { kind: 'position', position: 0 }],
  ['123456789', { kind: 'position', position: 123_456_789 }],
  ['10m', { kind: 'time', timeMs: NOW - 600_000 }],
  ['1h30m', { kind: 'time', timeMs: NOW - 5_400_000 }],
  ['1.5s', { kind: 'time', timeMs: NOW - 1_500 }],
  ['250ms', { kind: 'time', timeMs: NOW - 250 }],
  ['2d', { kind: 'time', timeMs: NOW - 172_800_000 }],
  ['2026-03-01T12:00:00Z', { kind: 'time', timeMs: Date.UTC(2026, 2, 1, 12) }],
  ['2026-03-01T12:00:00.5+02:00', { kind: 'time', timeMs: Date.UTC(2026, 2, 1, 10, 0, 0, 500) }],
])('%s', (text, from) => {
  expect(read(text)).toEqual(from);
});

it('without a zone it is local time, a date alone the beginning of that day', () => {
  expect(read('2026-03-01T12:00')).toEqual({ kind: 'time', timeMs: new Date(2026, 2, 1, 12).getTime() });
  expect(read('2026-03-01 12:00')).toEqual({ kind: 'time', timeMs: new Date(2026, 2, 1, 12).getTime() });
  expect(read('2026-03-01')).toEqual({ kind: 'time', timeMs: new Date(2026, 2, 1).getTime() });
});

describe('what cannot be meant is refused with what can', () => {
  test.each([
    '',
    'latest',
    '-5',
    '1.5',
    '10 m',
    '10x',
    'm',
    '2026-13-01',
    '2026-02-30',
    '2026-02-29T12:00',
    '2026-3-1',
    '99999999999999999999',
  ])('"%s"', (text) => {
    expect(() => read(text)).toThrow(/Give a position, a time such as .*, or earliest/);
  });

  it('and so is the future', () => {
    expect(() => read('2026-03-05')).toThrow('2026-03-05 is in the future');
  });
});

describe('where to end', () => {
  it('is a place as well, or now', () => {
    expect(parseTo('now', NOW)).toEqual({ kind: 'now' });
    expect(parseTo('10m', NOW)).toEqual(read('10m'));
    expect(parseTo('17', NOW)).toEqual(read('17'));
    expect(() => parseTo('earliest', NOW)).toThrow(/Give a position, a time such as .*, or now/);
    expect(() => read('now')).toThrow(/or earliest/);
  });
});
