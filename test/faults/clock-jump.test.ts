// Jumps of the wall clock by two hours while the hub runs: retries come neither early nor late, and nothing is lost.
import { clockJump } from '@penstock/torture';
import { expect, it } from 'vitest';
import { faultSize, runRound } from '../support/fault-round.js';
import { named } from '../support/missing-tools.js';
import { fixture } from '../support/test-hub.js';

const CYCLES = faultSize(3);
const missing = clockJump.missing();

it.skipIf(missing !== undefined)(
  named(`${CYCLES} times four jumps lose nothing, and each retry comes at its time`, missing),
  { timeout: CYCLES * 120_000 },
  async () => {
    const { lost, problems, cycles } = await runRound(clockJump, { cycles: CYCLES });
    expect(problems).toEqual([]);
    expect(lost).toBe(0);
    expect(cycles).toBe(CYCLES);
  },
);

it.skipIf(missing !== undefined)(
  named('control: a hub that waits by the wall clock is found to retry early', missing),
  { timeout: 600_000 },
  async () => {
    const preload = fixture('wall-clock');
    const { problems } = await runRound(clockJump, { cycles: 3, preload, emptyWithinMs: 1_000 });
    expect(problems.filter((problem) => problem.includes('came early'))).not.toEqual([]);
  },
);
