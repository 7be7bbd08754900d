// What the consumer threads of all peers have in common: the very class that the hub runs counts what they get, and
// main is told when the thread is ready, warm and done.
import { parentPort, workerData } from 'node:worker_threads';
import Counting from '../consumers/counting.mjs';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

/**
 * What a thread works with.
 *
 * @typedef {object} PeerThread
 * @property {number} port of the peer's server
 * @property {number} warmup messages after which it says so
 * @property {number} messages messages in all
 * @property {string} consumer
 * @property {import('../traffic/tally.mjs').TallyPlan} tally
 */

/**
 * Runs a thread's consumer to its end.
 *
 * @param {(thread: PeerThread, consume: (body: Uint8Array) => Promise<void>) => Promise<() => Promise<void>>} connect
 *   begins to call `consume` for each message; resolves with what ends that when it has begun
 */
export async function runConsumer(connect) {
  const thread = /** @type {PeerThread} */ (workerData);
  const context = /** @type {any} */ ({ consumer: thread.consumer, threadIndex: 0, options: thread.tally });
  const counting = new Counting();
  counting.open(context);
  let seen = 0;
  const disconnect = await connect(thread, async (body) => {
    await counting.consume({ body });
    seen++;
    if (seen === thread.warmup) port.postMessage('warm');
    if (seen === thread.messages) port.postMessage('done');
  });
  const end = new Promise((resolve) => port.once('message', resolve));
  port.postMessage('ready');
  // Until main has heard of all of them: what comes again until then is counted.
  await end;
  await disconnect();
  counting.close(context);
}
