import { expect, test } from 'vitest';
import { UsageError } from '../failure.js';
import { onlyNames } from './only.js';

const config = { consumers: { archive: { module: './a.ts' }, badges: { module: './b.ts' } } };
const only = (value: string | undefined) => onlyNames(value, config, 'hub.config.ts');

test('names are split by commas, spaces around them allowed; without any, all run', () => {
  expect(only('badges')).toEqual(['badges']);
  expect(only('badges, archive')).toEqual(['badges', 'archive']);
  expect(only(undefined)).toBeUndefined();
});

test('what is unknown is named, with all that is known', () => {
  expect(() => only('badges,chta')).toThrow(UsageError);
  expect(() => only('badges,chta')).toThrow('--only: hub.config.ts has no consumer "chta"; it has archive, badges');
  expect(() => only('')).toThrow('no consumer ""');
  expect(() => onlyNames('a', {}, 'hub.config.ts')).toThrow('no consumer "a"; it has none');
});
