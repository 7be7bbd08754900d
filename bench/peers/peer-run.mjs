// One measurement of a peer: its consumers in threads, messages published until all of them are warm, then the timed
// ones, as careful programs do: never more than 512 publishes unawaited.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { allSay } from '../runner/all-say.mjs';
import { monotonicMs } from '../traffic/clock.mjs';
import { outcomeOf } from '../traffic/counted-run.mjs';

/** The window is awaited in parts, oldest first, so that it stays nearly full. */
const PARTS = 8;
const PART = 512 / PARTS;

/**
 * A peer whose server runs and whose queues are there.
 *
 * @typedef {object} Peer
 * @property {number} port of its server
 * @property {URL} thread the module of its consumers
 * @property {(from: number, to: number) => Promise<unknown>} publish the messages `from` to `to` (exclusive), in one go
 *   where the peer has a way to; resolves when all of them are acknowledged
 * @property {() => Promise<void>} close the connections that `publish` uses
 */

/**
 * @param {Peer} peer
 * @param {import('../traffic/counted-run.mjs').CountedRun} run
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>} deliveries a second
 */
export async function runPeer(peer, run) {
  const { warmup, size, consumers, tally } = run;
  const threads = consumers.map((consumer) => {
    /** @type {import('./consumer-thread.mjs').PeerThread} */
    const workerData = { port: peer.port, warmup, messages: size, consumer, tally };
    return new Worker(peer.thread, { workerData });
  });
  try {
    await allSay(threads, 'ready');
    const warm = allSay(threads, 'warm');
    await publishRange(peer, 0, warmup);
    await warm;
    const done = allSay(threads, 'done');
    const startedAt = monotonicMs();
    await publishRange(peer, warmup, size);
    await done;
    const ends = threads.map((thread) => once(thread, 'exit'));
    for (const thread of threads) thread.postMessage('end');
    await Promise.all(ends);
    const { messagesPerSecond, lost, repeated } = outcomeOf(run, startedAt);
    return { value: messagesPerSecond * consumers.length, lost, repeated };
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
    await peer.close();
  }
}

/**
 * @param {Peer} peer
 * @param {number} from
 * @param {number} to
 */
async function publishRange(peer, from, to) {
  /** @type {Promise<unknown>[]} */
  const unawaited = [];
  for (let at = from; at < to; at += PART) {
    unawaited.push(peer.publish(at, Math.min(at + PART, to)));
    if (unawaited.length === PARTS) await unawaited.shift();
  }
  await Promise.all(unawaited);
}
