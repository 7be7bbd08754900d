// Whether a consumer works as fast, and in as little memory, with ten times as much waiting: the rate over the
// first part of a backlog of 5 million messages, beside the same part of one of 500 thousand.
import { BACKLOG_CONSUMERS, backlogDir, backlogObstacle, fillBacklog, publishedInto } from '../hub/backlog.mjs';
import { makeHub, untilSettled } from '../hub/bench-hub.mjs';
import { readTallies } from '../traffic/tally.mjs';

/** How much waits, and how much of it is consumed before the clock starts and while it runs. */
const sizes = {
  full: { figure: 5_000_000, reference: 500_000, warmup: 100_000, timed: 400_000 },
  quick: { figure: 1_000_000, reference: 300_000, warmup: 100_000, timed: 200_000 },
};

const sizesOf = (/** @type {boolean} */ quick) => sizes[quick ? 'quick' : 'full'];

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
async function measure({ quick, side, shared, dir }) {
  const { [side]: waiting, warmup, timed } = sizesOf(quick);
  const backlog = backlogDir(shared, waiting);
  const first = publishedInto(backlog) - waiting;
  const tally = { dir, first, size: waiting, marks: [warmup, warmup + timed] };
  const hub = await makeHub({ dir: backlog, consumers: BACKLOG_CONSUMERS, options: tally });
  await hub.start();
  await untilSettled(hub, warmup + timed);
  await hub.stop();
  const { lost, repeated, times } = readTallies(tally, BACKLOG_CONSUMERS, { partial: true });
  const [from = Number.NaN, to = Number.NaN] = times.flat();
  return {
    value: timed / ((to - from) / 1000),
    lost,
    repeated,
    // The process is fresh, so its peak is this measurement's.
    also: { residentMiB: process.resourceUsage().maxRSS / 1024 },
  };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'depth',
  title: 'consume rate with 5 million waiting; beside 500 thousand waiting (--quick: a million and 300 thousand)',
  unit: 'deliveries/s',
  better: 'higher',
  rows: [{ consumers: 1, floor: 0.9, aim: 1 }],
  further: [{ of: 'residentMiB', overReference: 64, label: 'peak resident memory', unit: 'MiB' }],
  obstacle: ({ quick, shared }) => backlogObstacle(shared, [sizesOf(quick).figure, sizesOf(quick).reference]),
  prepare: ({ quick, side, shared }) => fillBacklog(shared, sizesOf(quick)[side]),
  figure: measure,
  reference: measure,
};
