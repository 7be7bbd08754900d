// Data directories with a given number of messages waiting. A backlog is built once for each size, and what a
// measurement took from it is published again, so that five pairs do not write five times 3 GB.
import { mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { consumerNames } from '../traffic/counted-run.mjs';
import { publishRange } from '../traffic/publish.mjs';
import { makeHub } from './bench-hub.mjs';

/** What one waiting message takes on disk, generously: body, headers, topic, record, queue entry. */
const BYTES_A_MESSAGE = 700;

export const BACKLOG_CONSUMERS = consumerNames(1);

/**
 * The directory of the backlog of this size, shared by the scenarios of a run.
 *
 * @param {string} shared
 * @param {number} size
 */
export const backlogDir = (shared, size) => join(shared, `backlog-${size}`);

/**
 * Makes the backlog `size` messages long, whatever it was.
 *
 * @param {string} shared
 * @param {number} size
 */
export async function fillBacklog(shared, size) {
  const dir = backlogDir(shared, size);
  mkdirSync(dir, { recursive: true });
  const hub = await makeHub({ dir, consumers: BACKLOG_CONSUMERS, run: false });
  await hub.start();
  const published = publishedInto(dir);
  const end = published + size - waitingIn(hub);
  await publishRange(hub, published, end);
  await hub.stop();
  writeFileSync(join(dir, 'published'), String(end));
}

/**
 * How many messages were ever published into a backlog; the last `size` of them wait.
 *
 * @param {string} dir
 */
export function publishedInto(dir) {
  try {
    return Number(readFileSync(join(dir, 'published'), 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return 0;
    throw error;
  }
}

/** @param {import('@penstock/hub').Hub} hub */
export function waitingIn(hub) {
  return hub.snapshot().consumers.reduce((sum, consumer) => sum + consumer.backlog, 0);
}

/**
 * Why backlogs of these sizes cannot be built under `shared`, or undefined.
 *
 * @param {string} shared
 * @param {number[]} sizes
 */
export function backlogObstacle(shared, sizes) {
  const { bavail, bsize } = statfsSync(shared);
  const needed = sizes.reduce((sum, size) => sum + size, 0) * BYTES_A_MESSAGE;
  if (bavail * bsize >= needed) return undefined;
  const gb = (/** @type {number} */ bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
  return `needs ${gb(needed)} free for its backlog and has ${gb(bavail * bsize)}; set BENCH_DIR to a larger disk`;
}
