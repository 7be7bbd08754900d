// The count is what a benchmark run fails on, so it is shown here that it would notice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageAt } from './messages.mjs';
import { readTallies, Tally } from './tally.mjs';

/** @type {string} */
let dir;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tally-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const range = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from }, (_, n) => from + n);

/**
 * Writes a tally of these deliveries.
 *
 * @param {import('./tally.mjs').TallyPlan} plan
 * @param {number[]} deliveries
 */
function deliver(plan, deliveries, consumer = 'a', threadIndex = 0) {
  const tally = new Tally(plan);
  for (const sequence of deliveries) tally.see(messageAt(sequence).body);
  tally.write(dir, consumer, threadIndex);
}

describe('a tally', () => {
  const planOf = (/** @type {Partial<import('./tally.mjs').TallyPlan>} */ other = {}) => ({
    ...{ dir, first: 1000, size: 21, marks: [] },
    ...other,
  });

  it('finds nothing lost and nothing repeated when each message came once', () => {
    deliver(planOf(), range(1000, 1021));
    expect(readTallies(planOf(), ['a'])).toMatchObject({ lost: 0, repeated: 0, seen: 21 });
  });

  it('counts what never came', () => {
    deliver(planOf(), [...range(1000, 1007), ...range(1009, 1020)]);
    expect(readTallies(planOf(), ['a'])).toMatchObject({ lost: 3, repeated: 0 });
  });

  it('counts what came again, and what was never expected', () => {
    deliver(planOf(), [...range(1000, 1021), 1004, 1004, 999, 1021]);
    expect(readTallies(planOf(), ['a'])).toMatchObject({ lost: 0, repeated: 4 });
  });

  it('counts everything as lost to a consumer that wrote no tally', () => {
    deliver(planOf(), range(1000, 1021));
    expect(readTallies(planOf(), ['a', 'b'])).toMatchObject({ lost: 21, repeated: 0 });
  });

  it('takes the time once when threads count together, whichever of them comes to the mark', () => {
    const together = new Int32Array(new SharedArrayBuffer(4));
    const plan = planOf({ marks: [21], together });
    deliver(plan, range(1000, 1012), 'a', 0);
    deliver(plan, range(1012, 1021), 'a', 1);
    const { lost, repeated, times } = readTallies(plan, ['a']);
    expect({ lost, repeated, count: times.flat().length }).toEqual({ lost: 0, repeated: 0, count: 1 });
  });

  it('adds up the threads of one consumer and sees what two of them got', () => {
    deliver(planOf(), range(1000, 1012), 'a', 0);
    deliver(planOf(), range(1010, 1021), 'a', 1);
    expect(readTallies(planOf(), ['a'])).toMatchObject({ lost: 0, repeated: 2, seen: 21 });
  });

  it('takes a run that was stopped in between up to its furthest delivery', () => {
    deliver(planOf(), [...range(1000, 1005), ...range(1006, 1012)]);
    expect(readTallies(planOf(), ['a'], { partial: true })).toMatchObject({ lost: 1, seen: 11 });
    expect(readTallies(planOf(), ['b'], { partial: true })).toMatchObject({ lost: 0, seen: 0 });
  });

  it('takes the time at each mark', () => {
    deliver(planOf({ marks: [2, 21] }), range(1000, 1021));
    const [[first, last]] = readTallies(planOf(), ['a']).times;
    expect(last).toBeGreaterThanOrEqual(first);
  });
});
