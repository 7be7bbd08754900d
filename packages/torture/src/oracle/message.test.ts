import { expect, it } from 'vitest';
import { bodyOf, checksumOf, idOf, keyOf, nameOf } from './message.js';

const names = Array.from({ length: 2_000 }, (_, sequence) => ({ producer: 'alpha', sequence }));

it('an id names its message, and nothing else is taken for one', () => {
  for (const name of names) expect(nameOf(idOf(name))).toEqual(name);
  for (const id of ['', 'alpha', 'alpha-', '-1', 'alpha-1x', 'al pha-1', 'hub/1-2']) expect(nameOf(id)).toBeUndefined();
});

it('bytes are the same each time, differ from message to message, and have a bound', () => {
  const checksums = names.map((name) => checksumOf(bodyOf(name)));
  expect(names.map((name) => checksumOf(bodyOf(name)))).toEqual(checksums);
  expect(new Set(checksums).size).toBe(names.length);
  for (const name of names) expect(bodyOf(name).length).toBeLessThanOrEqual(4_096);
});

it('a producer has several keys, each with messages of its own', () => {
  expect(new Set(names.map(keyOf)).size).toBe(16);
  expect(keyOf({ producer: 'alpha', sequence: 3 })).toBe(keyOf({ producer: 'alpha', sequence: 19 }));
  expect(keyOf({ producer: 'alpha', sequence: 3 })).not.toBe(keyOf({ producer: 'beta', sequence: 3 }));
});
