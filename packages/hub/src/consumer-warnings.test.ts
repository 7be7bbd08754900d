import { expect, test } from 'vitest';
import type { ConsumerSpec } from './consumer-specs.js';
import { consumerWarnings } from './consumer-warnings.js';

const spec = (name: string, more: Partial<ConsumerSpec> = {}): ConsumerSpec => ({
  name,
  className: 'Badges',
  moduleUrl: 'file:///badges.js',
  topics: ['a.>'],
  isolation: 'thread',
  maxCrashes: 3,
  stallMs: 5_000,
  killAfterMs: 60_000,
  threads: 1,
  concurrency: 1,
  batch: false,
  startFrom: 'new',
  order: 'none',
  retry: { maxAttempts: 20, backoff: { initialMs: 100, maxMs: 30_000, factor: 2, jitter: 0.2 } },
  maxRetrying: 1_000,
  maxBatch: 100,
  maxWaitMs: 0,
  whenFull: 'block',
  options: {},
  ...more,
});

const twins = (count: number): string[] =>
  consumerWarnings(Array.from({ length: count }, (_, at) => spec(`c${at + 1}`)));

test('consumers that do the same are named, of many the first ones', () => {
  expect(twins(1)).toEqual([]);
  expect(twins(2)).toEqual([expect.stringMatching(/^consumers "c1" and "c2" are .* is handled by both;/)]);
  expect(twins(4)).toEqual([expect.stringMatching(/^consumers "c1", "c2", "c3" and "c4" are .* by each of them;/)]);
  expect(twins(5)).toEqual([expect.stringMatching(/^consumers "c1", "c2", "c3" and 2 more are /)]);
});

test('those of other topics, options or modules are none', () => {
  const others = [{}, { topics: ['b'] }, { options: { to: 'b' } }, { moduleUrl: 'file:///b.js' }];
  expect(consumerWarnings(others.map((more, at) => spec(`c${at}`, more)))).toEqual([]);
});

test('more threads than a machine runs well are counted', () => {
  expect(consumerWarnings([spec('many', { threads: 10_000 })])).toEqual([
    expect.stringMatching(/^10000 consumer threads are more than this machine is likely to run well/),
  ]);
});
