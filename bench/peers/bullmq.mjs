// BullMQ on Redis as a peer: a queue for each consumer, since a job goes to one worker alone; bulk adds, and workers
// that work on many jobs at once, as its docs advise.
import { Queue } from 'bullmq';
import { messageAt } from '../traffic/messages.mjs';
import { freePort, startServer } from './server.mjs';

/** Loopback, with options for connections that never give up, as BullMQ asks of those of workers. */
export const connectionTo = (/** @type {number} */ port) => ({
  host: '127.0.0.1',
  port,
  maxRetriesPerRequest: null,
});

/**
 * Redis as durable as the hub: what it has acknowledged is synced. It syncs once for all commands that came in one
 * turn of its loop, which is a group commit too.
 *
 * @param {string} dir
 */
async function startRedis(dir) {
  const port = await freePort();
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const safe = ['--maxmemory-policy', 'noeviction', '--bind', '127.0.0.1', '--port', String(port)];
  const server = await startServer('redis-server', ['--dir', dir, ...durable, ...safe], /Ready to accept connections/);
  return { port, stop: server.stop };
}

/**
 * @param {string} dir an empty directory
 * @param {string[]} consumers
 * @returns {Promise<import('./peer-run.mjs').Peer & { stop: () => Promise<void> }>}
 */
export async function startBullmq(dir, consumers) {
  const { port, stop } = await startRedis(dir);
  const queues = consumers.map((name) => new Queue(name, { connection: connectionTo(port) }));
  await Promise.all(queues.map((queue) => queue.waitUntilReady()));
  return {
    port,
    stop,
    thread: new URL('./bullmq-thread.mjs', import.meta.url),
    publish(from, to) {
      const jobs = Array.from({ length: to - from }, (_, n) => jobOf(from + n));
      return Promise.all(queues.map((queue) => queue.addBulk(jobs)));
    },
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
}

/** A job's data is JSON, so bytes have to be made text; done jobs are removed, as for any queue that lives long. */
function jobOf(/** @type {number} */ sequence) {
  const { topic, headers, body } = messageAt(sequence);
  const data = { headers, body: body.toString('base64') };
  return { name: topic, data, opts: { removeOnComplete: true, removeOnFail: true } };
}
