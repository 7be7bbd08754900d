// How long a message takes from a ZeroMQ publisher in another process to consume(), at a rate that leaves the hub
// idle most of the time: what a commit to disk adds shows beside the same without one.
import { makeHub, untilSettled } from '../hub/bench-hub.mjs';
import { planRun } from '../traffic/counted-run.mjs';
import { readTallies } from '../traffic/tally.mjs';
import { readWaits } from '../traffic/waits.mjs';

const PACE = { perSecond: 1_000 };

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {{ ephemeral: boolean }} setting
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
async function measure({ quick, dir }, { ephemeral }) {
  // The native library is loaded where it is used: other scenarios run without it.
  const { zeromq } = await import('@penstock/zeromq');
  const { startPushPublisher } = await import('../lanes/push-publisher.mjs');
  const run = quick ? planRun(dir, 1, 500, 1_000) : planRun(dir, 1, 2_000, 10_000);
  const publisher = await startPushPublisher();
  const hub = await makeHub({
    dir,
    ephemeral,
    consumers: run.consumers,
    module: 'timing.mjs',
    options: run.tally,
    sources: [zeromq({ pull: [{ connect: publisher.endpoint }] })],
  });
  await hub.start();
  await publisher.send(0, run.size, PACE);
  await untilSettled(hub, run.size);
  await hub.stop();
  publisher.stop();
  const { lost, repeated } = readTallies(run.tally, run.consumers);
  const { p50, p99, max } = readWaits(dir, run.consumers[0], run.warmup);
  return { value: p50, lost, repeated, also: { p99Ms: p99, maxMs: max } };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'latency',
  title: 'PUSH in another process to consume() at 1,000/s, median and p99, durable; beside ephemeral',
  unit: 'ms',
  better: 'lower',
  rows: [{ consumers: 1 }],
  further: [
    { of: 'p99Ms', label: 'p99', unit: 'ms' },
    { of: 'maxMs', label: 'longest', unit: 'ms' },
  ],
  figure: (task) => measure(task, { ephemeral: false }),
  reference: (task) => measure(task, { ephemeral: true }),
};
