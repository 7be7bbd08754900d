// Whether it matters how many deliveries are in flight when they settle out of order: the processor time to settle each
// of 100 thousand that end together in random order, beside each of a thousand. What is compared is the settle path by
// itself. Around it, in a whole delivery, the promises of consume() cost more when there are so many, since they outgrow
// the processor's caches and live until V8 has to collect them; what that comes to stands below the row.
import { readFileSync } from 'node:fs';
import { settledFile } from '../consumers/holding.mjs';
import { makeHub, untilSettled } from '../hub/bench-hub.mjs';
import { runSettlePath } from '../lanes/settle-path.mjs';
import { planRun } from '../traffic/counted-run.mjs';
import { smallMessageAt } from '../traffic/messages.mjs';
import { publishRange } from '../traffic/publish.mjs';
import { readTallies } from '../traffic/tally.mjs';

/** Entries that the settle path by itself settles, before it is measured and then; a second's work, quick or not. */
const PATH_WARMUP = 200_000;
const PATH_COUNT = 1_000_000;

/** A hub that is asked how far it is looks at each delivery in flight. */
const ASKED_EVERY_MS = 1000;

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {number} inFlight
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
async function measure({ quick, dir }, inFlight) {
  const { warmup, size, consumers, tally } = quick
    ? planRun(dir, 1, 100_000, 100_000)
    : planRun(dir, 1, 200_000, 1_000_000);
  const marked = { ...tally, marks: [warmup, size] };
  const hubOf = (/** @type {boolean} */ run) =>
    makeHub({
      dir,
      consumers,
      module: 'holding.mjs',
      settings: { concurrency: inFlight },
      options: { ...marked, inFlight, warmup },
      run,
    });
  // All is there before the consumer begins, so that it waits for nothing.
  const filling = await hubOf(false);
  await filling.start();
  await publishRange(filling, 0, size, smallMessageAt);
  await filling.stop();
  const hub = await hubOf(true);
  await hub.start();
  await untilSettled(hub, size, consumers, ASKED_EVERY_MS);
  await hub.stop();
  /** @type {import('../consumers/holding.mjs').Settled} */
  const settled = JSON.parse(readFileSync(settledFile(dir), 'utf8'));
  const { lost, repeated, times } = readTallies(marked, consumers);
  const [from = Number.NaN, to = Number.NaN] = times.flat();
  const endMicros = settled.micros / settled.count;
  const deliveryMicros = ((to - from) * 1000) / (size - warmup);
  const value = runSettlePath(dir, inFlight, PATH_WARMUP, PATH_COUNT);
  return { value, lost, repeated, also: { endMicros, deliveryMicros } };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'settle',
  title: 'CPU time to settle out of order with 100 thousand in flight; beside a thousand in flight',
  unit: 'µs',
  better: 'lower',
  rows: [{ consumers: 1, floor: 1.5, aim: 1 }],
  further: [
    { of: 'endMicros', label: 'CPU time of its end in all, with the promises of consume()', unit: 'µs' },
    { of: 'deliveryMicros', label: 'a delivery in all, from its reading on', unit: 'µs' },
  ],
  figure: (task) => measure(task, 100_000),
  reference: (task) => measure(task, 1_000),
};
