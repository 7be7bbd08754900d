// Ten times as much as a consumer takes, and beside it one that takes a hundredth of that: queues grow on disk and not in
// memory, and the other consumer is as fast as without the slowest.
import { overload, overloadOf } from '@penstock/torture';
import { expect, it } from 'vitest';
import { faultSize, runRound } from '../support/fault-round.js';
import { named } from '../support/missing-tools.js';

const SECONDS = faultSize(60);

/** Of a machine whose two cores do other things as well; docs/reliability.md has what it is on one that does not. */
const LEAST_SHARE = 0.5;

const missing = overload.missing();

it.skipIf(missing !== undefined)(
  named(`${SECONDS} s of overload lose nothing, and neither fill the memory nor slow another consumer`, missing),
  { timeout: SECONDS * 7_000 + 600_000 },
  async () => {
    const fault = overloadOf({ seconds: SECONDS, leastShare: LEAST_SHARE });
    // Nine tenths of what came wait in the end, however long it went on.
    const { lost, problems } = await runRound(fault, { cycles: 1, emptyWithinMs: 60_000 + SECONDS * 5_000 });
    expect(problems).toEqual([]);
    expect(lost).toBe(0);
  },
);

it.skipIf(missing !== undefined)(
  named('control: a hub that keeps in memory what its consumers have not taken is found to grow', missing),
  { timeout: 600_000 },
  async () => {
    const sabotage = [
      {
        module: '/hub/dist/admin/message-frames.js',
        from: 'export function* decodeMessages(bytes) {',
        // More than comes, so that some seconds show what minutes would.
        to: 'const kept = [];\nexport function* decodeMessages(bytes) {\n    kept.push(Buffer.alloc(2 ** 20, bytes));',
      },
    ];
    const fault = overloadOf({ seconds: 12, leastShare: 0 });
    const { problems } = await runRound(fault, { cycles: 3, sabotage });
    expect(problems.filter((problem) => problem.includes('memory grew'))).not.toEqual([]);
  },
);
