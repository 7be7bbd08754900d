// The fan-out scenario on what people use for it otherwise: BullMQ on Redis, and NATS JetStream, each with its
// consumers in worker threads; beside Penstock. Printed, without a floor: they are other things, with servers that can
// be on another machine.
import { isInstalled } from '../peers/server.mjs';
import { planRun } from '../traffic/counted-run.mjs';
import fanOut from './fan-out.mjs';

/**
 * Each peer with the server it needs, and messages while the clock runs: for some seconds, since their rates are far
 * from each other's.
 */
const PEERS = {
  bullmq: { server: 'redis-server', timed: 15_000 },
  jetstream: { server: 'nats-server', timed: 60_000 },
};
const QUICK_TIMED = 2_000;

/** @typedef {keyof typeof PEERS} PeerName */

const CONSUMERS = [1, 4];

/** `bullmq K=4`: rows are told apart by their variant. */
const peerOf = (/** @type {Pick<import('../runner/scenario.mjs').Task, 'variant'>} */ { variant }) =>
  /** @type {PeerName} */ (variant?.split(' ')[0]);

/** The libraries are loaded where they are used, by the process that measures. */
async function start(/** @type {PeerName} */ name, /** @type {string} */ dir, /** @type {string[]} */ consumers) {
  if (name === 'bullmq') return (await import('../peers/bullmq.mjs')).startBullmq(dir, consumers);
  return (await import('../peers/jetstream.mjs')).startJetstream(dir, consumers);
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'peers',
  title: 'fan-out on BullMQ + Redis (fsync always) and on NATS JetStream (file store); beside Penstock',
  unit: 'deliveries/s',
  better: 'higher',
  rows: Object.keys(PEERS).flatMap((name) =>
    CONSUMERS.map((consumers) => ({ consumers, variant: `${name} K=${consumers}` })),
  ),
  obstacle: (task) => {
    const { server } = PEERS[peerOf(task)];
    return isInstalled(server) ? undefined : `no ${server}`;
  },

  async figure(task) {
    const name = peerOf(task);
    const timed = task.quick ? QUICK_TIMED : Math.round(PEERS[name].timed / Math.sqrt(task.consumers));
    const run = planRun(task.dir, task.consumers, Math.round(timed / 5), timed);
    const { runPeer } = await import('../peers/peer-run.mjs');
    const peer = await start(name, task.dir, run.consumers);
    try {
      return await runPeer(peer, run);
    } finally {
      await peer.stop();
    }
  },

  reference: (task) => fanOut.figure(task),
};
