// Whether a consumer notices what another one does: how long messages wait for a no-op consumer at a steady rate,
// beside a consumer of the same stream that is slow in one of several ways; and the same without that one.
import { makeHub, untilSettled } from '../hub/bench-hub.mjs';
import { planRun } from '../traffic/counted-run.mjs';
import { publishPaced } from '../traffic/pace.mjs';
import { readTallies } from '../traffic/tally.mjs';
import { readWaits } from '../traffic/waits.mjs';

const PACE = { perSecond: 10_000 };

/** What runs beside, by the row's variant. */
const ways = {
  sleeps: ['sleeps'],
  burns: ['burns'],
  blocks: ['blocks'],
  '2 burn': ['burns', 'burns'],
};

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {string[]} beside
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
async function measure({ quick, dir }, beside) {
  // Of 10,000 waits the hundredth longest is one of a single hiccup of 10 ms, whoever had it.
  const run = quick ? planRun(dir, 1, 20_000, 40_000) : planRun(dir, 1, 20_000, 80_000);
  const hub = await makeHub({
    dir,
    consumers: run.consumers,
    module: 'timing.mjs',
    options: run.tally,
    beside: Object.fromEntries(beside.map((way, n) => [`slow${n}`, { module: './slow.mjs', options: way }])),
    // A message that is in flight with a slow consumer is not waited for: it stays queued.
    drainTimeoutMs: 0,
  });
  await hub.start();
  await publishPaced(hub, 0, run.size, PACE);
  await untilSettled(hub, run.size, run.consumers);
  await hub.stop();
  const { lost, repeated } = readTallies(run.tally, run.consumers);
  const { p50, p99, max } = readWaits(dir, run.consumers[0], run.warmup);
  return { value: p99, lost, repeated, also: { p50Ms: p50, maxMs: max } };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'isolation',
  title: 'p99 wait for a no-op consumer at 10,000/s beside one that sleeps, burns or blocks; beside none',
  unit: 'ms',
  better: 'lower',
  rows: [
    { consumers: 2, variant: 'sleeps', floor: 2 },
    { consumers: 2, variant: 'burns', floor: 2 },
    { consumers: 2, variant: 'blocks', floor: 2 },
    { consumers: 3, variant: '2 burn' },
  ],
  further: [
    { of: 'p50Ms', label: 'median wait', unit: 'ms' },
    { of: 'maxMs', label: 'longest wait', unit: 'ms' },
  ],
  figure: (task) => measure(task, ways[/** @type {keyof typeof ways} */ (task.variant)]),
  reference: (task) => measure(task, []),
};
