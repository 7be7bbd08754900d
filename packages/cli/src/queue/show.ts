// `hub queue show`: one queue in detail, with the first messages that wait in it.
import { QueueAccess } from '@penstock/hub/control';
import type { RunningHubOptions } from '../command/options.js';
import { locateHub } from '../command/running-hub.js';
import { withProgress } from '../progress/progress.js';
import { lookOf } from '../table/look.js';
import { queueJson } from './queue-json.js';
import { renderQueue } from './render-queue.js';

export interface QueueShowOptions extends RunningHubOptions {
  /** How many messages to read. */
  readonly messages: number;
  readonly json?: boolean;
}

/** @throws QUEUE_NOT_FOUND, DATA_DIR_UNUSABLE and what else keeps the data directory from being read; HUB_UNREACHABLE. */
export async function showQueue(name: string, options: QueueShowOptions): Promise<void> {
  const { dataDir, consumers } = await locateHub(options);
  const access = new QueueAccess(dataDir, consumers);
  const queue = await withProgress('reading the queue', () => access.describe(name, options.messages));
  const text = options.json === true ? JSON.stringify(queueJson(queue, dataDir)) : renderQueue(queue, lookOf());
  process.stdout.write(`${text}\n`);
}
