// The floor under the sign scenario: threads that take messages from their own memory, sign each, and do nothing with
// what comes of it. This file is both ends: what starts the threads, and the thread.
import { generateKeyPairSync, sign } from 'node:crypto';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { allSay } from '../runner/all-say.mjs';
import { monotonicMs } from '../traffic/clock.mjs';
import { messageAt } from '../traffic/messages.mjs';

/** Messages that a thread has in its memory, which it takes in turn. */
const IN_MEMORY = 1_000;

/**
 * Signs so many messages in each thread, after a warm-up of a tenth of them.
 *
 * @param {number} threads
 * @param {number} messages for each
 * @returns {Promise<number>} messages a second of all threads together
 */
export async function runBareSigning(threads, messages) {
  const workers = Array.from({ length: threads }, () => new Worker(new URL(import.meta.url), { workerData: messages }));
  try {
    await allSay(workers, 'warm');
    const done = allSay(workers, 'done');
    const startedAt = monotonicMs();
    for (const worker of workers) worker.postMessage('go');
    await done;
    return (threads * messages) / ((monotonicMs() - startedAt) / 1000);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function signingThread() {
  const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
  const { privateKey } = generateKeyPairSync('ed25519');
  const bodies = Array.from({ length: IN_MEMORY }, (_, n) => Buffer.from(messageAt(n).body));
  const header = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid: 'bench' })).toString('base64url');
  let length = 0;
  const signAll = (/** @type {number} */ count) => {
    for (let n = 0; n < count; n++) {
      const input = `${header}.${bodies[n % IN_MEMORY].toString('base64url')}`;
      length += `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`.length;
    }
  };
  signAll(workerData / 10);
  port.once('message', () => {
    signAll(workerData);
    if (length === 0) throw new Error('nothing was signed');
    port.postMessage('done');
  });
  port.postMessage('warm');
}

if (!isMainThread) signingThread();
