// What it costs, in CPU, that a stream goes to 32 consumers of which each wants a thirty-second part, beside one
// that wants all of it. Both deliver every message once.
import { makeHub, untilSettled } from '../hub/bench-hub.mjs';
import { consumerNames } from '../traffic/counted-run.mjs';
import { publishRange } from '../traffic/publish.mjs';
import { readTallies } from '../traffic/tally.mjs';

/** The topics of the traffic are 64: two for each of the 32. */
const topicsOf = (/** @type {number} */ n, /** @type {number} */ consumers) =>
  Array.from({ length: 64 / consumers }, (_, part) => `bench.topic-${n + part * consumers}`);

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {number} consumers
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
async function measure({ quick, dir }, consumers) {
  // Each of the threads compiles its code for itself, which with a short warm-up would be most of what is measured.
  const [warmup, timed] = quick ? [320_000, 640_000] : [640_000, 2_400_000];
  const names = consumerNames(consumers);
  const tally = { dir, first: 0, size: warmup + timed, marks: [] };
  const topics = Object.fromEntries(names.map((name, n) => [name, topicsOf(n, consumers)]));
  const hub = await makeHub({ dir, consumers: names, module: 'narrow.mjs', topics, options: tally });
  await hub.start();
  await publishRange(hub, 0, warmup);
  await untilSettled(hub, warmup / consumers);
  const before = process.cpuUsage();
  await publishRange(hub, warmup, warmup + timed);
  await untilSettled(hub, (warmup + timed) / consumers);
  const { user, system } = process.cpuUsage(before);
  await hub.stop();
  const { lost, repeated } = readTallies(tally, ['narrow']);
  return { value: (user + system) / timed, lost, repeated };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'narrow',
  title: '32 consumers that each match 1/32 of 2.4 million messages; beside one that matches all of them',
  unit: 'µs of CPU/message',
  better: 'lower',
  rows: [{ consumers: 32, floor: 4.5, aim: 2 }],
  figure: (task) => measure(task, task.consumers),
  reference: (task) => measure(task, 1),
};
