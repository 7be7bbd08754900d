// What it costs to give each consumer a process of its own: the fan-out of hub.publish() to K no-op consumers with
// `isolation: 'process'`, beside the same in threads of the hub.
import { measureStream } from '../hub/counted-stream.mjs';
import { planRun } from '../traffic/counted-run.mjs';

/** So many publishes after which V8 has compiled most of what runs, on either side. */
const WARM = 200_000;

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {'thread' | 'process'} isolation
 */
async function measure({ quick, consumers, dir }, isolation) {
  const timed = (quick ? 200_000 : 1_200_000) / Math.sqrt(consumers);
  const run = planRun(dir, consumers, WARM, Math.round(timed));
  const { value, lost, repeated } = await measureStream(run, { settings: { isolation } });
  return { value: value * run.consumers.length, lost, repeated };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'process-isolation',
  title: 'hub.publish(), durable, to K no-op consumers in processes of their own; in threads of the hub',
  unit: 'deliveries/s',
  better: 'higher',
  rows: [1, 4].map((consumers) => ({ consumers, floor: 0.35, aim: 0.5 })),
  figure: (task) => measure(task, 'process'),
  reference: (task) => measure(task, 'thread'),
};
