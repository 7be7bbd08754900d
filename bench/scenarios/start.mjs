// Whether a hub is ready as soon with 5 million messages waiting as with none. Its consumer runs, but blocks on
// its first message: so the backlog stays, and no consuming competes with the start for the processor.
import { BACKLOG_CONSUMERS, backlogDir, backlogObstacle, fillBacklog, waitingIn } from '../hub/backlog.mjs';
import { makeHub } from '../hub/bench-hub.mjs';
import { monotonicMs } from '../traffic/clock.mjs';

const sizes = { full: { figure: 5_000_000, reference: 0 }, quick: { figure: 1_000_000, reference: 0 } };

const sizesOf = (/** @type {boolean} */ quick) => sizes[quick ? 'quick' : 'full'];

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
async function measure({ quick, side, shared }) {
  const waiting = sizesOf(quick)[side];
  const dir = backlogDir(shared, waiting);
  // The message in flight is not going to end: no time is given to it at stop, and it stays queued.
  const hub = await makeHub({ dir, consumers: BACKLOG_CONSUMERS, module: 'blocked.mjs', drainTimeoutMs: 0 });
  const startedAt = monotonicMs();
  await hub.start();
  const value = monotonicMs() - startedAt;
  const missing = waiting - waitingIn(hub);
  await hub.stop();
  return { value, lost: Math.max(0, missing), repeated: Math.max(0, -missing) };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'start',
  title: 'time until hub.start() resolves with 5 million waiting (--quick: a million); beside none waiting',
  unit: 'ms',
  better: 'lower',
  rows: [{ consumers: 1, floor: 1.5, aim: 1 }],
  obstacle: ({ quick, shared }) => backlogObstacle(shared, [sizesOf(quick).figure]),
  prepare: ({ quick, side, shared }) => fillBacklog(shared, sizesOf(quick)[side]),
  figure: measure,
  reference: measure,
};
