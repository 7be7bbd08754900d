import { expect, test } from 'vitest';
import { SUPERVISED } from './messages.js';
import { type Invocation, wantsSupervisor } from './wanted.js';

const wanted = (line: string, other: Partial<Invocation> = {}) =>
  wantsSupervisor({ args: line.split(' ').slice(1), nodeOptions: [], env: {}, hasChannel: false, ...other });

test.each([
  'hub run',
  'hub --verbose run',
  'hub run --config other.config.ts --only a,b',
  'hub run --stuck-after 5',
  'hub run --confg x',
])('%s is supervised', (line) => {
  expect(wanted(line)).toBe(true);
});

test.each([
  'hub run --no-supervise',
  'hub run --help',
  'hub -h run',
  'hub',
  'hub status',
  'hub help run',
  'hub publish run x',
])('%s is not', (line) => {
  expect(wanted(line)).toBe(false);
});

test('the hub that a supervisor has started is no second supervisor; a variable that has leaked does not make it one', () => {
  const env = { [SUPERVISED]: '{}' };
  expect(wanted('hub run', { env, hasChannel: true })).toBe(false);
  expect(wanted('hub run', { env })).toBe(true);
});

test('a hub under a debugger runs alone', () => {
  expect(wanted('hub run', { nodeOptions: ['--inspect-brk'] })).toBe(false);
});
