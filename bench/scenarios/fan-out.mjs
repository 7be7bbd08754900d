// How many deliveries a second pass from publish() in the hub's own process to K consumers in their threads,
// durable, beside a bare lane that does nothing but write, sync, notify, read and call consume().
import { makeHub, untilSettled } from '../hub/bench-hub.mjs';
import { runBareLane } from '../lanes/bare-lane.mjs';
import { monotonicMs } from '../traffic/clock.mjs';
import { outcomeOf, planRun } from '../traffic/counted-run.mjs';
import { publishRange } from '../traffic/publish.mjs';

/** So many publishes after which V8 has compiled what the hub runs: until then a delivery takes twice as long. */
const WARM = 400_000;

/** Fewer messages for more consumers, since each is delivered to all of them. */
function planOf(/** @type {import('../runner/scenario.mjs').Task} */ { quick, consumers, dir }) {
  const timed = (quick ? 240_000 : 1_200_000) / Math.sqrt(consumers);
  return planRun(dir, consumers, WARM, Math.round(timed));
}

/**
 * @param {import('../traffic/counted-run.mjs').CountedRun} run
 * @param {number} startedAt
 */
function resultOf(run, startedAt) {
  const { messagesPerSecond, lost, repeated } = outcomeOf(run, startedAt);
  return { value: messagesPerSecond * run.consumers.length, lost, repeated };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'fan-out',
  title: 'hub.publish(), durable, to K no-op consumers; beside a bare lane of one journal file and K threads',
  unit: 'deliveries/s',
  better: 'higher',
  rows: [1, 4, 8].map((consumers) => ({ consumers, floor: 0.35, aim: 0.5 })),

  async figure(task) {
    const run = planOf(task);
    const hub = await makeHub({ dir: task.dir, consumers: run.consumers, options: run.tally });
    await hub.start();
    await publishRange(hub, 0, run.warmup);
    await untilSettled(hub, run.warmup);
    const startedAt = monotonicMs();
    await publishRange(hub, run.warmup, run.size);
    await untilSettled(hub, run.size);
    await hub.stop();
    return resultOf(run, startedAt);
  },

  async reference(task) {
    const run = planOf(task);
    return resultOf(run, await runBareLane(task.dir, run));
  },
};
