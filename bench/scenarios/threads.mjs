// What more threads are worth to a consumer that computes, and more deliveries at once to one that waits, beside one of
// each. The machine has to have a processor for each thread.
import { availableParallelism } from 'node:os';
import { measureBacklog } from '../hub/counted-stream.mjs';
import { planThreadedRun } from '../traffic/counted-run.mjs';

/**
 * By the row's variant: who works, with how many at once, and over how many messages, so that both sides take some
 * seconds.
 */
const ways = {
  'computes ×2': { module: 'computing.mjs', settings: { threads: 2 }, messages: 12_000, alone: 6_000 },
  'sleeps ×16': { module: 'sleeping.mjs', settings: { concurrency: 16 }, messages: 8_000, alone: 500 },
};

const wayOf = (/** @type {string | undefined} */ variant) => ways[/** @type {keyof typeof ways} */ (variant)];

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {{ threads?: number, concurrency?: number }} settings
 * @param {number} messages
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
function measure({ quick, dir, variant }, settings, messages) {
  const timed = quick ? messages / 4 : messages;
  const run = planThreadedRun(dir, Math.ceil(timed / 10), timed);
  return measureBacklog(run, { module: wayOf(variant).module, settings });
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'threads',
  title: 'a consumer that computes, with 2 threads, or sleeps 5 ms, with concurrency 16; beside one at a time',
  unit: 'deliveries/s',
  better: 'higher',
  rows: [
    { consumers: 1, variant: 'computes ×2', floor: 1.6, aim: 2 },
    { consumers: 1, variant: 'sleeps ×16', floor: 14, aim: 16 },
  ],
  obstacle: ({ variant }) =>
    wayOf(variant).module === 'computing.mjs' && availableParallelism() < 2 ? 'needs two processors' : undefined,
  figure: (task) => measure(task, wayOf(task.variant).settings, wayOf(task.variant).messages),
  reference: (task) => measure(task, {}, wayOf(task.variant).alone),
};
