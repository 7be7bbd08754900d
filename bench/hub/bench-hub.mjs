// A hub as the scenarios run it: durable and without HTTP unless they say otherwise, consumers from bench/consumers,
// and a wait for its deliveries that ends even when some never come.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createHub } from '@penstock/hub';

const CONSUMERS_DIR = fileURLToPath(new URL('../consumers/', import.meta.url));

/** How often the hub is asked how far it is. Figures do not depend on it: consumers take the time themselves. */
const POLL_MS = 20;

/** A hub in which nothing settles for this long is not going to deliver the rest. */
const STALL_MS = 30_000;

/** @typedef {NonNullable<import('@penstock/hub').HubConfig['consumers']>[string]} ConsumerEntry */

/**
 * @typedef {object} BenchHub
 * @property {string} dir where the hub's data directory is made
 * @property {string[]} consumers names
 * @property {string} [module] file in bench/consumers; `counting.mjs` by default
 * @property {unknown} [options] handed to each consumer
 * @property {Omit<ConsumerEntry, 'module' | 'options' | 'topics'>} [settings] of each consumer; its class's by default
 * @property {Record<string, string[]>} [topics] each consumer's own; what its class says by default
 * @property {Record<string, ConsumerEntry>} [beside] further consumers by name, as a config has them; `module` is a
 *   file in bench/consumers
 * @property {import('@penstock/hub').SourceDefinition[]} [sources]
 * @property {boolean} [ephemeral]
 * @property {boolean} [http] whether /metrics is served, on a free port of this machine
 * @property {boolean} [run] whether the consumers run; if not, their queues fill
 * @property {number} [drainTimeoutMs]
 * @property {(path: string) => Promise<string>} [compileModule] for consumers in TypeScript
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
  settings = {},
  topics,
  beside = {},
  sources = [],
  ephemeral = false,
  http = false,
  run = true,
  drainTimeoutMs,
  compileModule,
}) {
  return createHub(
    {
      dataDir: join(dir, 'data'),
      ephemeral,
      http: http ? { host: '127.0.0.1', port: 0 } : false,
      log: { level: 'warn' },
      sources,
      consumers: {
        ...Object.fromEntries(
          consumers.map((name) => [name, { ...settings, module: `./${module}`, options, topics: topics?.[name] }]),
        ),
        ...beside,
      },
      ...(drainTimeoutMs === undefined ? {} : { drainTimeoutMs }),
    },
    { baseDir: CONSUMERS_DIR, where: 'bench', ...(run ? {} : { only: [] }), ...(compileModule && { compileModule }) },
  );
}

/**
 * Resolves when every consumer's threads run. `start()` waits for them too, but not for long, so that a consumer that
 * takes its time does not hold up the others; on a busy machine a hundred take longer.
 *
 * @param {import('@penstock/hub').Hub} hub
 */
export async function untilRunning(hub) {
  while (hub.snapshot().consumers.some(({ state }) => state === 'starting')) await sleep(POLL_MS);
}

/**
 * Resolves when every consumer has settled `count` deliveries since the hub's start, or when nothing more comes:
 * what is missing then shows in the tallies.
 *
 * @param {import('@penstock/hub').Hub} hub
 * @param {number} count
 * @param {string[]} [names] the consumers that are waited for; all by default
 * @param {number} [everyMs] how often it is asked
 * @throws when deliveries that are waiting no longer move
 */
export async function untilSettled(hub, count, names, everyMs = POLL_MS) {
  const snapshots = () => hub.snapshot().consumers.filter((each) => names?.includes(each.consumer) ?? true);
  let [last, movedAt] = [-1, performance.now()];
  for (;;) {
    const settled = snapshots().map((each) => each.settledTotal.acknowledged);
    if (settled.every((each) => each >= count)) return;
    const sum = settled.reduce((total, each) => total + each, 0);
    if (sum !== last) [last, movedAt] = [sum, performance.now()];
    if (performance.now() - movedAt > STALL_MS) break;
    await sleep(everyMs);
  }
  const stuck = snapshots().filter((each) => each.backlog > 0);
  if (stuck.length > 0) {
    const each = stuck.map((one) => `${one.consumer} (${one.state}) has ${one.backlog} waiting ${one.problem ?? ''}`);
    throw new Error(`nothing was settled for ${STALL_MS} ms: ${each.join('; ')}`);
  }
}
