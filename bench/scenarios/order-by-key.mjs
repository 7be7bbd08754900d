// What order by key costs: two threads of one consumer share a stream of a thousand keys, those of a key in order and
// one at a time. Beside it, the same threads and the same stream with no order at all.
import { measureStream } from '../hub/counted-stream.mjs';
import { planThreadedRun } from '../traffic/counted-run.mjs';
import { messagesWith } from '../traffic/messages.mjs';

const HEADER = 'key';
const keyed = messagesWith(
  HEADER,
  Array.from({ length: 1_000 }, (_, n) => `key-${n}`),
);

/** By the row's variant: how many deliveries each thread has in flight. */
const concurrencies = { '×1': 1, '×16': 16 };

/** @typedef {Pick<import('../hub/bench-hub.mjs').ConsumerEntry, 'order' | 'orderKey'>} OrderSettings */

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {OrderSettings} order
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
function measure({ quick, dir, variant }, order) {
  const run = planThreadedRun(dir, 240_000, quick ? 400_000 : 1_800_000);
  const concurrency = concurrencies[/** @type {keyof typeof concurrencies} */ (variant)];
  return measureStream(run, { settings: { ...order, threads: 2, concurrency } }, keyed);
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'order-by-key',
  title: 'a no-op consumer of two threads with 1,000 keys, each key in order; beside no order',
  unit: 'deliveries/s',
  better: 'higher',
  rows: Object.keys(concurrencies).map((variant) => ({ consumers: 1, variant, floor: 0.7, aim: 1 })),
  figure: (task) => measure(task, { order: 'key', orderKey: { header: HEADER } }),
  reference: (task) => measure(task, { order: 'none' }),
};
