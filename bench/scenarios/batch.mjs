// What consumeBatch() is worth: to a consumer that does nothing, and to one that appends to a file and syncs it, once
// for a batch instead of once for a message.
import { measureBacklog } from '../hub/counted-stream.mjs';
import { planRun } from '../traffic/counted-run.mjs';

/** By the row's variant: the module of either side, and over how many messages, so that each takes some seconds. */
const ways = {
  'no-op': { figure: ['counting-batch.mjs', 1_800_000], reference: ['counting.mjs', 1_800_000] },
  'synced file': { figure: ['sink-batch.mjs', 400_000], reference: ['sink.mjs', 10_000] },
};

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
function measure({ quick, dir, variant, side }) {
  const [module, messages] = /** @type {[string, number]} */ (ways[/** @type {keyof typeof ways} */ (variant)][side]);
  const timed = quick ? messages / 20 : messages;
  const run = planRun(dir, 1, timed / 10, timed);
  return measureBacklog(run, { module });
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'batch',
  title: 'consumeBatch(), no-op, and to a file with one fdatasync a batch; beside consume(), with one a message',
  unit: 'messages/s',
  better: 'higher',
  rows: [
    { consumers: 1, variant: 'no-op', floor: 1.1 },
    { consumers: 1, variant: 'synced file', floor: 5 },
  ],
  figure: measure,
  reference: measure,
};
