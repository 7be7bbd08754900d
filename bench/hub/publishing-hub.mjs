// A whole hub in a process of its own, durable, that takes the ranges it is asked for and publishes them over PUSH:
// the first of two. This file is both ends: what starts it, and the process.
import { fileURLToPath } from 'node:url';
import { SendingProcess, sendAsTold } from '../lanes/sending-process.mjs';
import { TOPIC_PATTERN } from '../traffic/messages.mjs';
import { publishRange } from '../traffic/publish.mjs';
import { makeHub } from './bench-hub.mjs';

const FILE = fileURLToPath(import.meta.url);

/**
 * Resolves when it runs.
 *
 * @param {string} endpoint what its publisher connects to
 * @param {string} dir where its data directory is made
 */
export const startPublishingHub = (endpoint, dir) => SendingProcess.start(FILE, [endpoint, dir]);

/**
 * @param {string} endpoint
 * @param {string} dir
 */
async function hubProcess(endpoint, dir) {
  const { zeromqPublisher } = await import('@penstock/zeromq');
  const out = zeromqPublisher({ push: { connect: endpoint }, topics: [TOPIC_PATTERN] });
  const hub = await makeHub({ dir, consumers: [], beside: { out } });
  await hub.start();
  sendAsTold(endpoint, ({ from, to }) => publishRange(hub, from, to));
}

if (process.argv[1] === FILE) await hubProcess(process.argv[2], process.argv[3]);
