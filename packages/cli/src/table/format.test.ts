import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatRate } from './format.js';

test.each([
  [0, '0 ms'],
  [0.25, '250 ms'],
  [0.9996, '1.0 s'],
  [59.94, '59.9 s'],
  [59.96, '1m 00s'],
  [245, '4m 05s'],
  [3599.6, '1h 00m'],
  [8000, '2h 13m'],
  [86_399.7, '1d 00h'],
  [273_600, '3d 04h'],
  [Number.POSITIVE_INFINITY, 'never'],
])('%d seconds read %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

test.each([
  [0, '0 B'],
  [1023, '1,023 B'],
  [1536, '1.5 KiB'],
  [67_108_864, '64.0 MiB'],
  [3 * 1024 ** 5, '3,072.0 TiB'],
])('%d bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0.01, '0'],
  [0.3, '0.3'],
  [12.46, '12.5'],
  [99.96, '100'],
  [1250.4, '1,250'],
])('%d a second reads %s', (perSecond, text) => expect(formatRate(perSecond)).toBe(text));

test('counts are grouped by thousands', () => expect(formatCount(10_000_000)).toBe('10,000,000'));
