// What no well-meaning peer sends, at the sockets: the hub goes on, its memory is bounded, and nothing that is sent properly
// beside it is lost. What the decoders make of far more of it is in decoders.test.ts.
import { malformed } from '@penstock/torture';
import { expect, it } from 'vitest';
import { faultSize, runRound } from '../support/fault-round.js';
import { named } from '../support/missing-tools.js';

/** A sixth of the minute is for the decoders. */
const SECONDS = faultSize(50);

const missing = malformed.missing();

it.skipIf(missing !== undefined)(
  named(`${SECONDS} s of malformed bytes lose nothing and fill no memory`, missing),
  { timeout: SECONDS * 2_000 + 600_000 },
  async () => {
    const { lost, problems } = await runRound(malformed, { forMs: SECONDS * 1_000 });
    expect(problems).toEqual([]);
    expect(lost).toBe(0);
  },
);

it.skipIf(missing !== undefined)(
  named('control: a hub that trusts a length which somebody says is found to end', missing),
  { timeout: 600_000 },
  async () => {
    const sabotage = [
      {
        module: '/hub/dist/admin/message-frames.js',
        from: 'if (end > bytes.byteLength)',
        // What reading there would do to a program that does not check.
        to: 'if (end > bytes.byteLength) process.abort();\n        if (end > bytes.byteLength)',
      },
    ];
    const { problems } = await runRound(malformed, { cycles: 50, sabotage });
    expect(problems.filter((problem) => problem.includes('the hub has ended'))).not.toEqual([]);
  },
);
