// What damage on disk may cost: no message without a count, no wrong bytes, and no start. Directories with a history are
// damaged at random, one or two files each, opened by the code that opens them in a hub, worked off, and opened again.
//
// The seed is printed; PENSTOCK_TEST_SEED takes it again. PENSTOCK_FAULT_SIZE says how many trials there are.
import { expect, it, vi } from 'vitest';
import { runTrials } from './corruption/trials.js';

const TRIALS = Number(process.env.PENSTOCK_FAULT_SIZE ?? 500);
const SEED = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** How many trials a control is given to find what is wrong: it takes a few. */
const CONTROL_TRIALS = 500;

/** The directories are in memory, where nobody else is: to lock them would take longer than all else. */
vi.mock('../../packages/hub/src/files/directory-lock.js', () => ({
  DirectoryLock: { acquire: () => ({ descriptor: undefined, release() {} }) },
}));

it(`${TRIALS} damaged directories open, and of each nothing is missing that is not counted`, {
  timeout: TRIALS * 2_000,
}, async () => {
  console.log(`PENSTOCK_TEST_SEED=${SEED}`);
  const { failed, noticed } = await runTrials({ trials: TRIALS, seed: SEED });
  console.log(`${noticed} of ${TRIALS} were noticed`);
  expect(failed).toEqual([]);
  // The rest was to bytes that nobody reads any more.
  expect(noticed).toBeGreaterThan(TRIALS / 4);
});

it('a hub that counted nothing as lost would be found out', { timeout: 300_000 }, async () => {
  const { failed } = await runTrials({ trials: CONTROL_TRIALS, seed: SEED, silenced: true, until: /misses/ });
  expect(failed.join('\n')).toMatch(/misses/);
});
