import { expect, test } from 'vitest';
import { Backoff, RAN_WELL_MS } from './backoff.js';

test('the first restart is at once, and those of a hub that keeps failing wait twice as long each time, up to 30 s', () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 10 }, () => backoff.after(0));
  expect(waits).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('a hub that has run well is started again at once, and the waits begin anew', () => {
  const backoff = new Backoff();
  for (let restart = 0; restart < 5; restart++) backoff.after(RAN_WELL_MS - 1);
  expect([backoff.after(RAN_WELL_MS), backoff.after(0), backoff.after(RAN_WELL_MS)]).toEqual([0, 500, 0]);
});
