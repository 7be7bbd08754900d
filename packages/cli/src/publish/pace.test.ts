import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { repeated } from './bodies.js';
import { paced } from './pace.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Stands in for time: each wait takes as long as it says, and nothing else takes any. */
vi.mock('node:timers/promises', () => ({
  setTimeout: async (ms: number) => void vi.advanceTimersByTime(Math.ceil(ms)),
}));

it.each([
  ['fewer than one a second', 0.5, 5, 8_000],
  ['some a second', 10, 31, 3_000],
  ['more than a timer can tell apart', 50_000, 100_001, 2_000],
])('%s: the first at once, the others in their time', async (_what, rate, count, tookMs) => {
  const from = performance.now();
  let sent = 0;
  for await (const group of paced(repeated(Buffer.from('x'), count, 1_000), rate, new AbortController().signal)) {
    if (sent === 0) expect(performance.now()).toBe(from);
    sent += group.length;
    expect(sent).toBeLessThanOrEqual(((performance.now() - from) / 1_000) * rate + 1.001);
  }
  expect(sent).toBe(count);
  expect(performance.now() - from).toBeGreaterThanOrEqual(tookMs);
  expect(performance.now() - from).toBeLessThan(tookMs * 1.05 + 5);
});

it('what a slow other end held up is caught up with, up to a second’s worth', async () => {
  const sizes: number[] = [];
  for await (const group of paced(repeated(Buffer.from('x'), 30, 1_000), 10, new AbortController().signal)) {
    sizes.push(group.length);
    if (sizes.length === 1) vi.advanceTimersByTime(60_000);
  }
  expect(sizes.slice(0, 3)).toEqual([1, 11, 1]);
});

it('ends in the middle when it is told to', async () => {
  const enough = new AbortController();
  let sent = 0;
  for await (const group of paced(repeated(Buffer.from('x'), 30, 1_000), 10, enough.signal)) {
    sent += group.length;
    if (sent === 3) enough.abort();
  }
  expect(sent).toBe(3);
});
