// NATS JetStream as a peer: one stream, a durable pull consumer for each consumer, publishes that do not wait for each
// other's acknowledgement, and messages fetched ahead, as its docs advise.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AckPolicy, jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, headers as makeHeaders } from '@nats-io/transport-node';
import { messageAt, TOPIC_PATTERN } from '../traffic/messages.mjs';
import { freePort, startServer } from './server.mjs';

export const STREAM = 'bench';

/** Unacknowledged messages of one consumer, and messages fetched ahead. */
export const AHEAD = 1_000;

/**
 * From 2.10 on a server can sync before it acknowledges, as the hub does. Older ones sync every two minutes, and no
 * option changes that: what they acknowledged is lost with the machine's power.
 */
function syncOption() {
  const version = /v(\d+)\.(\d+)/.exec(spawnSync('nats-server', ['--version']).stdout?.toString() ?? '');
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  return major > 2 || (major === 2 && minor >= 10) ? 'sync_interval: always' : '';
}

/** @param {string} dir */
async function startNats(dir) {
  const port = await freePort();
  const config = join(dir, 'nats.conf');
  const store = `store_dir: ${JSON.stringify(join(dir, 'jetstream'))}`;
  writeFileSync(config, `host: 127.0.0.1\nport: ${port}\njetstream {\n${store}\n${syncOption()}\n}\n`);
  const server = await startServer('nats-server', ['--config', config], /Server is ready/);
  return { port, stop: server.stop };
}

/**
 * @param {string} dir an empty directory
 * @param {string[]} consumers
 * @returns {Promise<import('./peer-run.mjs').Peer & { stop: () => Promise<void> }>}
 */
export async function startJetstream(dir, consumers) {
  const { port, stop } = await startNats(dir);
  const connection = await connect({ port });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: [TOPIC_PATTERN], storage: StorageType.File });
  for (const name of consumers) {
    const consumer = { durable_name: name, ack_policy: AckPolicy.Explicit, max_ack_pending: AHEAD };
    await manager.consumers.add(STREAM, consumer);
  }
  const stream = jetstream(connection);
  return {
    port,
    stop,
    thread: new URL('./jetstream-thread.mjs', import.meta.url),
    publish(from, to) {
      return Promise.all(Array.from({ length: to - from }, (_, n) => publishOne(stream, from + n)));
    },
    async close() {
      await connection.close();
    },
  };
}

/**
 * @param {import('@nats-io/jetstream').JetStreamClient} stream
 * @param {number} sequence
 */
function publishOne(stream, sequence) {
  const { topic, headers, body } = messageAt(sequence);
  const sent = makeHeaders();
  for (const [name, value] of Object.entries(headers)) sent.set(name, value);
  return stream.publish(topic, body, { headers: sent });
}
