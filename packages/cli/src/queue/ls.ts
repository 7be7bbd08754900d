// `hub queue ls`: every queue of a data directory, of a running hub or of one that does not run.
import { QueueAccess } from '@penstock/hub/control';
import type { RunningHubOptions } from '../command/options.js';
import { locateHub } from '../command/running-hub.js';
import { withProgress } from '../progress/progress.js';
import { lookOf } from '../table/look.js';
import { renderQueues } from './render-queues.js';

export interface QueueLsOptions extends RunningHubOptions {
  readonly json?: boolean;
}

/** @throws DATA_DIR_UNUSABLE and what else keeps the data directory from being read; HUB_UNREACHABLE. */
export async function listQueues(options: QueueLsOptions): Promise<void> {
  const { dataDir, consumers } = await locateHub(options);
  const queues = await withProgress('reading the queues', () => new QueueAccess(dataDir, consumers).list());
  const text = options.json === true ? JSON.stringify({ dataDir, queues }) : renderQueues(queues, lookOf());
  process.stdout.write(`${text}\n`);
}
