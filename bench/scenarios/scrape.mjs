// What a scrape of /metrics costs the main thread with 100 consumers under load: its processor time, and how long its
// event loop was held up, in the quarter of a second after the first request, which finds the least prepared, and after
// later ones. Beside it, the same with requests for a page that renders nothing: what the load costs, and HTTP.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeHub, untilRunning, untilSettled } from '../hub/bench-hub.mjs';
import { Heartbeat, mainThreadCpuMs } from '../hub/heartbeat.mjs';
import { Scraper } from '../lanes/scraper.mjs';
import { planRun } from '../traffic/counted-run.mjs';
import { publishPaced } from '../traffic/pace.mjs';
import { readTallies } from '../traffic/tally.mjs';

/**
 * 50,000 deliveries a second, and 2,000 times that a thread is woken: about one of two processors. More would measure
 * how two processors are divided among a hundred threads.
 */
const PACE = { perSecond: 500, together: 25 };

/** Messages before the first request: 2 seconds, in which a hundred threads compile what they run. */
const WARMUP = 1_000;

/** How long after a request the event loop is watched, in milliseconds: longer than a scrape takes. */
const WINDOW_MS = 250;

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {string} path
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
async function measure({ quick, dir, consumers }, path) {
  const requests = quick ? 3 : 12;
  const run = planRun(dir, consumers, WARMUP, (PACE.perSecond * requests * 2 * WINDOW_MS) / 1000);
  const scraper = await Scraper.start();
  const hub = await makeHub({ dir, consumers: run.consumers, options: run.tally, http: true });
  await hub.start();
  await untilRunning(hub);
  await publishPaced(hub, 0, run.warmup, PACE);
  const published = publishPaced(hub, run.warmup, run.size, PACE);
  const heartbeat = new Heartbeat();
  /** @type {{ heldMs: number, cpuMs: number }[]} */
  const costs = [];
  while (costs.length < requests) {
    await sleep(WINDOW_MS);
    const before = mainThreadCpuMs();
    heartbeat.reset();
    await Promise.all([scraper.read(`${hub.httpUrl}${path}`), sleep(WINDOW_MS)]);
    costs.push({ heldMs: heartbeat.longestMs, cpuMs: mainThreadCpuMs() - before });
  }
  heartbeat.stop();
  scraper.stop();
  await published;
  await untilSettled(hub, run.size);
  await hub.stop();
  const { lost, repeated } = readTallies(run.tally, run.consumers);
  const [first, ...later] = costs;
  const meanOf = (/** @type {'heldMs' | 'cpuMs'} */ cost) =>
    later.reduce((sum, each) => sum + each[cost], 0) / later.length;
  return {
    value: first.cpuMs,
    lost,
    repeated,
    also: { firstHeldMs: first.heldMs, laterCpuMs: meanOf('cpuMs'), laterHeldMs: meanOf('heldMs') },
  };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'scrape',
  title: 'CPU time of the main thread for the first scrape of 100 consumers under load; beside one of /livez',
  unit: 'ms',
  better: 'lower',
  rows: [{ consumers: 100, mostOver: 50 }],
  further: [
    { of: 'laterCpuMs', label: 'CPU time for a later one', unit: 'ms' },
    { of: 'firstHeldMs', label: 'longest hold of the event loop by the first', unit: 'ms' },
    { of: 'laterHeldMs', label: 'longest hold by a later one', unit: 'ms' },
  ],
  figure: (task) => measure(task, '/metrics'),
  reference: (task) => measure(task, '/livez'),
};
