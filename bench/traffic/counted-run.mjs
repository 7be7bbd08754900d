// What the scenarios that push a stream through consumers have in common: messages before the clock starts and
// while it runs, who is to see them, and what follows from the tallies.
import { readTallies } from './tally.mjs';

/**
 * @typedef {object} CountedRun
 * @property {number} warmup messages before the clock starts
 * @property {number} size messages in all, numbered from 0
 * @property {string[]} consumers names of those that are to see every message
 * @property {import('./tally.mjs').TallyPlan} tally handed to each of them
 */

/**
 * Names for `count` consumers.
 *
 * @param {number} count
 */
export const consumerNames = (count) => Array.from({ length: count }, (_, n) => `counting${n}`);

/**
 * @param {string} dir where the tallies go
 * @param {number} consumers how many
 * @param {number} warmup
 * @param {number} timed messages while the clock runs
 * @returns {CountedRun} for consumers of one thread each
 */
export function planRun(dir, consumers, warmup, timed) {
  const size = warmup + timed;
  return { warmup, size, consumers: consumerNames(consumers), tally: { dir, first: 0, size, marks: [size] } };
}

/**
 * The same for one consumer of several threads, which count together.
 *
 * @param {string} dir
 * @param {number} warmup
 * @param {number} timed
 * @returns {CountedRun}
 */
export function planThreadedRun(dir, warmup, timed) {
  const run = planRun(dir, 1, warmup, timed);
  return { ...run, tally: { ...run.tally, together: new Int32Array(new SharedArrayBuffer(4)) } };
}

/**
 * What was counted, and how many messages a second that is: from `startedAt` until the last consumer had seen as
 * many messages as there are.
 *
 * @param {CountedRun} run
 * @param {number} startedAt when the first message after the warm-up set out, monotonic milliseconds
 */
export function outcomeOf({ warmup, size, consumers, tally }, startedAt) {
  const { lost, repeated, times } = readTallies(tally, consumers);
  // What never came has no end: the run fails by its count, and has no rate.
  const endedAt = lost === 0 ? Math.max(...times.flat()) : Number.NaN;
  const seconds = (endedAt - startedAt) / 1000;
  return { messagesPerSecond: (size - warmup) / seconds, lost, repeated };
}
