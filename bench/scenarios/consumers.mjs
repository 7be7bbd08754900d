// What consumers cost that have nothing to do: how fast one busy consumer works beside K idle ones, whose topics
// nothing is sent to, and how much memory each of them takes; and the same with the busy one alone.
import { makeHub, untilRunning, untilSettled } from '../hub/bench-hub.mjs';
import { monotonicMs } from '../traffic/clock.mjs';
import { outcomeOf, planRun } from '../traffic/counted-run.mjs';
import { publishRange } from '../traffic/publish.mjs';

const MIB = 1_048_576;

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {number} idle how many
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
async function measure({ quick, dir }, idle) {
  const run = planRun(dir, 1, 240_000, quick ? 240_000 : 1_200_000);
  const idleConsumer = (/** @type {number} */ n) => ({
    module: './counting.mjs',
    topics: [`idle.topic-${n}`],
    options: { ...run.tally, size: 0 },
  });
  const beside = Object.fromEntries(Array.from({ length: idle }, (_, n) => [`idle${n}`, idleConsumer(n)]));
  const hub = await makeHub({ dir, consumers: run.consumers, options: run.tally, beside });
  await hub.start();
  await untilRunning(hub);
  // Before the traffic, whose garbage would be in it.
  const residentMiB = process.memoryUsage.rss() / MIB;
  await publishRange(hub, 0, run.warmup);
  await untilSettled(hub, run.warmup, run.consumers);
  const startedAt = monotonicMs();
  await publishRange(hub, run.warmup, run.size);
  await untilSettled(hub, run.size, run.consumers);
  await hub.stop();
  const { messagesPerSecond, lost, repeated } = outcomeOf(run, startedAt);
  return { value: messagesPerSecond, lost, repeated, also: { residentMiB } };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'consumers',
  title: 'hub.publish(), durable, to one no-op consumer beside K idle ones; beside none',
  unit: 'deliveries/s',
  better: 'higher',
  rows: [{ consumers: 1 }, { consumers: 8 }, { consumers: 32 }, { consumers: 100, floor: 0.8, aim: 1 }],
  further: [{ of: 'residentMiB', label: 'resident memory', unit: 'MiB', show: 'perConsumer' }],
  figure: (task) => measure(task, task.consumers),
  reference: (task) => measure(task, 0),
};
