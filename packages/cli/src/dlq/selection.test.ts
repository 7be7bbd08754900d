// Which dead letters a command means: what could be a mistake is refused before anything is looked at.
import { expect, it } from 'vitest';
import { UsageError } from '../failure.js';
import { parseId, selected } from './selection.js';

it('ids, all, or what a reason and a time let through', () => {
  expect(selected([4, 2, 4], {})).toEqual({ ids: new Set([2, 4]) });
  expect(selected([], { all: true })).toEqual({});
  expect(selected([], { reason: 'timeout', since: 5 })).toEqual({ reason: 'timeout', sinceMs: 5 });
  expect(selected([], { all: true, since: 0 })).toEqual({ sinceMs: 0 });
});

it('nothing said, or two things, is refused', () => {
  expect(() => selected([], {})).toThrow(UsageError);
  expect(() => selected([1], { all: true })).toThrow(UsageError);
  expect(() => selected([1], { reason: '' })).toThrow(UsageError);
});

it('an id is a whole number that is exact', () => {
  expect(parseId('17', parseId('0'))).toEqual([0, 17]);
  for (const text of ['', '-1', '1.5', '0x1', 'all', '9007199254740993'])
    expect(() => parseId(text), text).toThrow(/hub dlq ls/);
});
