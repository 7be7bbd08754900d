// kill -9 at random moments, of the hub, of its supervisor and of both: nothing that was accepted is lost, and order holds.
import { kill } from '@penstock/torture';
import { expect, it } from 'vitest';
import { ANSWERS_BEFORE_WRITING, faultSize, runRound } from '../support/fault-round.js';

const CYCLES = faultSize(30);

it(`${CYCLES} kills lose nothing`, { timeout: CYCLES * 60_000 }, async () => {
  const { lost, problems, cycles, accepted } = await runRound(kill, { cycles: CYCLES });
  expect(problems).toEqual([]);
  expect(lost).toBe(0);
  expect(cycles).toBe(CYCLES);
  expect(accepted).toBeGreaterThan(CYCLES);
});

it('control: a hub that answers before it has written is found to lose messages', { timeout: 600_000 }, async () => {
  const { lost } = await runRound(kill, { cycles: 3, sabotage: ANSWERS_BEFORE_WRITING });
  expect(lost).toBeGreaterThan(0);
});
