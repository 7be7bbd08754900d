// `hub queue rm`: removes a queue whose consumer is no longer in the config, after asking when messages wait in it.
import { countedLetters, countedMessages, QueueAccess, type RemovedQueue, wouldBeLost } from '@penstock/hub/control';
import { confirmed } from '../command/confirmation.js';
import type { RunningHubOptions } from '../command/options.js';
import { locateHub } from '../command/running-hub.js';
import { isPenstockError } from '../failure.js';
import { withProgress } from '../progress/progress.js';
import { printable } from '../table/text.js';

export interface QueueRmOptions extends RunningHubOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/**
 * @throws QUEUE_NOT_FOUND, QUEUE_IN_USE, QUEUE_NOT_EMPTY unless it is told or answered to go on; HUB_UNREACHABLE, and
 *   what keeps the data directory from being read or written.
 */
export async function removeQueue(name: string, options: QueueRmOptions): Promise<void> {
  const { dataDir, consumers } = await locateHub(options);
  const access = new QueueAccess(dataDir, consumers);
  const remove = (discard: boolean) =>
    withProgress(`removing queue "${printable(name)}"`, () => access.remove(name, { discard }));
  const removed = await remove(options.yes === true).catch(async (error: unknown) => {
    if (!isPenstockError(error) || error.code !== 'QUEUE_NOT_EMPTY' || !(await mayDiscard(access, name))) throw error;
    return remove(true);
  });
  process.stdout.write(`${options.json === true ? JSON.stringify(removed) : removedText(removed)}\n`);
}

async function mayDiscard(access: QueueAccess, name: string): Promise<boolean> {
  const queue = (await access.list()).find((each) => each.name === name);
  const lost = wouldBeLost(printable(name), queue?.backlog ?? 0, queue?.deadLetters ?? 0);
  return confirmed(`${lost}. Remove it all the same?`);
}

function removedText({ name, number, discarded, deadLetters }: RemovedQueue): string {
  const lost = [
    ...(discarded > 0 ? [countedMessages(discarded)] : []),
    ...(deadLetters > 0 ? [countedLetters(deadLetters)] : []),
  ];
  const text = lost.length === 0 ? 'it was empty' : `${lost.join(' and ')} went with it`;
  return `queue "${name}" (number ${number}) is removed; ${text}`;
}
