// Deliveries with a real hub and real threads against a naive model: published, failed, paused, replayed, requeued,
// stopped and killed with -9, and every message comes to the end that it asked for, in order and not too early.
//
// Each sequence has a queue of its own, and a hub has the queues of a group of them; half of the groups have hubs in
// processes of their own, which are killed. The seed is printed, and PENSTOCK_TEST_SEED takes it again; a failure names
// the seed of its group, which alone is run with that and PENSTOCK_TEST_RUNS=1. PENSTOCK_TEST_RUNS, a number of
// sequences, is rounded up to whole groups.
import { expect, it } from 'vitest';
import { tempDirInMemory } from '../support/temp-dir.js';
import { GROUP_SIZE, SequenceGroup } from './sequence-group.js';

const GROUPS = Math.ceil(Number(process.env.PENSTOCK_TEST_RUNS ?? 200) / GROUP_SIZE);
const SEED = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** No run passes or fails by how near it comes. */
const TIMEOUT_MS = 3_600_000;

it(
  `${GROUPS * GROUP_SIZE} random sequences with real threads show what a naive model says`,
  async () => {
    console.log(`delivery-model.test.ts: PENSTOCK_TEST_SEED=${SEED}`);
    for (let index = 0; index < GROUPS; index++) {
      const seed = SEED + index;
      const group = new SequenceGroup(seed, tempDirInMemory());
      try {
        await group.run();
      } catch (cause) {
        await group.end();
        throw new Error(`group ${index} failed: PENSTOCK_TEST_SEED=${seed} PENSTOCK_TEST_RUNS=1`, { cause });
      }
    }
    expect(GROUPS).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
