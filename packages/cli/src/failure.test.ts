import { PenstockError } from '@penstock/hub';
import { expect, test } from 'vitest';
import { exitCodeOf, failureLines, UsageError } from './failure.js';

test('an error of the table ends with its own code and tells each problem in a line, without a stack', () => {
  const error = new PenstockError('CONFIG_INVALID', 'a: wrong\nb: wrong');
  expect(exitCodeOf(error)).toBe(12);
  expect(failureLines(error, false)).toEqual(['a: wrong', 'b: wrong']);
});

test('one of another copy of @penstock/hub counts as well', () => {
  const foreign = Object.assign(new Error('taken'), { name: 'PenstockError', code: 'PORT_IN_USE', exitCode: 19 });
  expect(exitCodeOf(foreign)).toBe(19);
  expect(failureLines(foreign, false)).toEqual(['taken']);
});

test('wrong usage is exit code 2', () => {
  expect(exitCodeOf(new UsageError('no'))).toBe(2);
  expect(failureLines(new UsageError('no'), false)).toEqual(['no']);
});

test('anything else is exit code 1, is told with its kind, and shows its stack when asked', () => {
  const error = new TypeError('odd', { cause: 'a reason' });
  expect(exitCodeOf(error)).toBe(1);
  expect(failureLines(error, false)).toEqual(['TypeError: odd', expect.stringContaining('--verbose')]);
  const lines = failureLines(error, true);
  expect(lines[0]).toBe('TypeError: odd');
  expect(lines.at(-1)).toBe('caused by: a reason');
  expect(lines.some((line) => line.includes('failure.test'))).toBe(true);
});

test('verbose shows the stack and the cause of any error', () => {
  const error = new PenstockError('CONFIG_LOAD_FAILED', 'did not load', { cause: new Error('deeper') });
  const lines = failureLines(error, true);
  expect(lines[0]).toBe('PenstockError: did not load');
  expect(lines).toContain('caused by: Error: deeper');
});
