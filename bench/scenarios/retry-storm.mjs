// What it costs that one message in a hundred fails once: each is written down as failed, waits for its backoff beside
// the others, and is delivered again. Beside it, the same stream with no failure.
import { measureStream } from '../hub/counted-stream.mjs';
import { planRun } from '../traffic/counted-run.mjs';

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {string} module
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
function measure({ quick, dir }, module) {
  // Long enough for the backoff after the last failure, a tenth of a second, to be a small part of it; and warmed up with
  // enough failures that what handles them is compiled.
  const run = planRun(dir, 1, 240_000, quick ? 600_000 : 2_400_000);
  return measureStream(run, { module });
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'retry-storm',
  title: 'hub.publish(), durable, to a no-op consumer that fails 1 % of messages once; beside one that fails none',
  unit: 'deliveries/s',
  better: 'higher',
  rows: [{ consumers: 1, floor: 0.8 }],
  figure: (task) => measure(task, 'failing.mjs'),
  reference: (task) => measure(task, 'counting.mjs'),
};
