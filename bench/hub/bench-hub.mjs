// A hub as the scenarios run it: durable, no HTTP, consumers from bench/consumers, and a wait for its deliveries
// that ends even when some never come.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createHub } from '@penstock/hub';

const CONSUMERS_DIR = fileURLToPath(new URL('../consumers/', import.meta.url));

/** How often the hub is asked how far it is. Figures do not depend on it: consumers take the time themselves. */
const POLL_MS = 20;

/** A hub in which nothing settles for this long is not going to deliver the rest. */
const STALL_MS = 10_000;

/**
 * @typedef {object} BenchHub
 * @property {string} dir where the hub's data directory is made
 * @property {string[]} consumers names
 * @property {string} [module] file in bench/consumers; `counting.mjs` by default
 * @property {unknown} [options] handed to each consumer
 * @property {import('@penstock/hub').SourceDefinition[]} [sources]
 * @property {boolean} [run] whether the consumers run; if not, their queues fill
 * @property {number} [drainTimeoutMs]
 */

/**
 * Makes a hub; it is not started.
 *
 * @param {BenchHub} spec
 */
export function makeHub({
  dir,
  consumers,
  module = 'counting.mjs',
  options,
  sources = [],
  run = true,
  drainTimeoutMs,
}) {
  return createHub(
    {
      dataDir: join(dir, 'data'),
      http: false,
      log: { level: 'warn' },
      sources,
      consumers: Object.fromEntries(consumers.map((name) => [name, { module: `./${module}`, options }])),
      ...(drainTimeoutMs === undefined ? {} : { drainTimeoutMs }),
    },
    { baseDir: CONSUMERS_DIR, where: 'bench', ...(run ? {} : { only: [] }) },
  );
}

/**
 * Resolves when every consumer has settled `count` deliveries since the hub's start, or when nothing more comes:
 * what is missing then shows in the tallies.
 *
 * @param {import('@penstock/hub').Hub} hub
 * @param {number} count
 * @throws when deliveries that are waiting no longer move
 */
export async function untilSettled(hub, count) {
  let [last, movedAt] = [-1, performance.now()];
  for (;;) {
    const { consumers } = hub.snapshot();
    const settled = consumers.map((each) => each.settledTotal.acknowledged);
    if (settled.every((each) => each >= count)) return;
    const sum = settled.reduce((total, each) => total + each, 0);
    if (sum !== last) [last, movedAt] = [sum, performance.now()];
    if (performance.now() - movedAt > STALL_MS) break;
    await sleep(POLL_MS);
  }
  const stuck = hub.snapshot().consumers.filter((each) => each.backlog > 0);
  if (stuck.length > 0) {
    const each = stuck.map((one) => `${one.consumer} (${one.state}) has ${one.backlog} waiting ${one.problem ?? ''}`);
    throw new Error(`nothing was settled for ${STALL_MS} ms: ${each.join('; ')}`);
  }
}
