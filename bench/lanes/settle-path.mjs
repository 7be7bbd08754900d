// What settling takes of a consumer's thread, by itself: the claims, the settle log and the shared memory that its
// deliveries settle with, on a real disk, without messages, promises and consume() around them. They are taken out of the
// hub's build by their files, since no program is meant to use them.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NodeFiles } from '../../packages/hub/dist/files/node-files.js';
import { NO_THREADS, QueueShared } from '../../packages/hub/dist/queue/shared.js';
import { SettleLog } from '../../packages/hub/dist/settlement/settle-log.js';
import { Claims } from '../../packages/hub/dist/thread/worker/claims.js';
import { Settlements } from '../../packages/hub/dist/thread/worker/settlements.js';
import { cpuMicros } from '../consumers/holding.mjs';

/** Of a record in the journal; nothing depends on it. */
const RECORD_BYTES = 100;

/** Entries claimed at once, as a thread whose consumer is quick does it. */
const CLAIMED_AT_ONCE = 256;

/** @param {string} dir @param {number} inFlight */
function openPath(dir, inFlight) {
  const directory = join(dir, 'settled');
  mkdirSync(directory);
  const shape = { ...NO_THREADS, threads: 1, mostInFlight: inFlight };
  const queue = new QueueShared(QueueShared.allocate(shape), shape);
  queue.enqueued.set(Number.MAX_SAFE_INTEGER);
  const log = new SettleLog({ files: new NodeFiles({ durable: true }), directory, name: 't0-1.log', queueNumber: 1 });
  const [thread] = queue.threads;
  const claims = new Claims(queue, thread, [], []);
  // No dead letters come of it.
  const deadLetters = /** @type {any} */ (undefined);
  const settlements = new Settlements({ queue, thread, claims, log, deadLetters, retries: [] });
  return { claims, settlements, log };
}

/**
 * Processor time to settle each of `count` entries, in microseconds.
 *
 * @param {string} dir
 * @param {number} inFlight how many are under way at once, and settle together in random order
 * @param {number} warmup how many settle before it is measured
 * @param {number} count
 */
export function runSettlePath(dir, inFlight, warmup, count) {
  const { claims, settlements, log } = openPath(dir, inFlight);
  let micros = 0;
  let measured = 0;
  // Numbers and no objects: V8 would move those that are in flight, at a cost that is none of the settle path's.
  const ordinals = new Float64Array(inFlight);
  const slots = new Int32Array(inFlight);
  const order = Int32Array.from({ length: inFlight }, (_, n) => n);
  for (let settled = 0; measured < count; settled += inFlight) {
    for (let n = 0; n < inFlight; n++) {
      if (claims.left === 0) claims.claim(CLAIMED_AT_ONCE);
      ordinals[n] = claims.next;
      slots[n] = claims.detach();
    }
    shuffle(order);
    const since = cpuMicros();
    for (const n of order) {
      settlements.add(/** @type {number} */ (ordinals[n]), RECORD_BYTES);
      claims.settle(/** @type {number} */ (slots[n]));
    }
    settlements.flush();
    if (settled < warmup) continue;
    micros += cpuMicros() - since;
    measured += inFlight;
  }
  log.close();
  return micros / measured;
}

/** @param {Int32Array} items */
function shuffle(items) {
  for (let last = items.length - 1; last > 0; last--) {
    const at = Math.floor(Math.random() * (last + 1));
    const item = /** @type {number} */ (items[at]);
    items[at] = /** @type {number} */ (items[last]);
    items[last] = item;
  }
}
