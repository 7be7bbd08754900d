// `crash`, `process-crash` and `stall` of `hub torture`: messages that end or block whatever they are delivered to become dead
// letters, and none beside them does.
import { crash, processCrash, stall } from '@penstock/torture';
import { expect, it } from 'vitest';
import { runRound } from '../support/fault-round.js';

/** Each costs two crashes, with longer and longer waits before the next start. */
const CYCLES = 2;

it.each([crash, processCrash, stall])(
  '$name: nothing is lost, and no innocent message is condemned',
  {
    timeout: CYCLES * 240_000,
  },
  async (fault) => {
    const { lost, problems, deadLettered } = await runRound(fault, { cycles: CYCLES });
    expect(problems).toEqual([]);
    expect([lost, deadLettered]).toEqual([0, CYCLES]);
  },
);
