// `damage` of `hub torture`: files of a real hub are damaged while it is away, and the next one is ready, delivers what is
// whole, and counts what is not. corruption.test.ts does the same to more directories, without threads and sockets.
import { damage, damageOf } from '@penstock/torture';
import { expect, it } from 'vitest';
import { faultSize, runRound } from '../support/fault-round.js';

const CYCLES = faultSize(5);

it(`${CYCLES} damaged files cost no more than the hub counts`, { timeout: CYCLES * 120_000 }, async () => {
  const { lost, problems, cycles } = await runRound(damage, { cycles: CYCLES });
  expect(problems).toEqual([]);
  expect(lost).toBe(0);
  expect(cycles).toBe(CYCLES);
});

it('control: when the hub counts nothing, what is missing is found', { timeout: 10 * 120_000 }, async () => {
  const module = '/hub/dist/telemetry/queue-gauges.js';
  const sabotage = [{ module, from: 'const damaged = this.#sum', to: 'const damaged = 0 * this.#sum' }];
  // Of damaged segments more than half cost something that waits.
  const { lost } = await runRound(damageOf('.seg'), { cycles: 10, sabotage });
  expect(lost).toBeGreaterThan(0);
});
