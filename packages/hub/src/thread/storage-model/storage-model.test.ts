// The storage core against a naive model: whatever is published, settled out of order, stopped, killed, deprived of
// power and started again, in any order and at any operation on the disk, nothing committed is lost, nothing
// settled comes again, and what nobody needs is gone.
//
// The seed is printed. PENSTOCK_TEST_SEED takes it again, and with it PENSTOCK_TEST_PATH, which a failure prints, runs
// just the sequence that failed; PENSTOCK_TEST_RUNS says how many sequences there are.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyAction, consumersWith } from './any-action.fixture.js';
import { StorageRun } from './storage-run.fixture.js';

const SEQUENCES = Number(process.env.PENSTOCK_TEST_RUNS ?? 2_000);
const SEED = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const PATH = process.env.PENSTOCK_TEST_PATH;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it(`${SEQUENCES} random sequences on the storage core show what a naive model says`, { timeout: 600_000 }, async () => {
  console.log(`storage-model.test.ts: PENSTOCK_TEST_SEED=${SEED}`);
  let sequences = 0;
  await fc.assert(
    fc.asyncProperty(
      consumersWith(3),
      fc.array(anyAction, { maxLength: 60, size: 'max' }),
      async (consumers, actions) => {
        const run = new StorageRun(consumers);
        for (const action of actions) run.take(action);
        run.finish();
        sequences++;
        await turn();
      },
    ),
    { numRuns: SEQUENCES, seed: SEED, ...(PATH === undefined ? {} : { path: PATH, endOnFailure: true }) },
  );
  expect(sequences).toBeGreaterThanOrEqual(PATH === undefined ? SEQUENCES : 1);
});
