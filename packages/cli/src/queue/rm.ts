// `hub queue rm`: removes a queue whose consumer is no longer in the config, after asking when messages wait in it.
import { createInterface } from 'node:readline';
import { countedMessages, QueueAccess, type RemovedQueue } from '@penstock/hub/control';
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
    if (!isPenstockError(error) || error.code !== 'QUEUE_NOT_EMPTY' || !(await confirmed(access, name))) throw error;
    return remove(true);
  });
  process.stdout.write(`${options.json === true ? JSON.stringify(removed) : removedText(removed)}\n`);
}

/** Asks on a terminal; elsewhere there is nobody to ask, which is a no. */
async function confirmed(access: QueueAccess, name: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const queue = (await access.list()).find((each) => each.name === name);
  const waiting = countedMessages(queue?.backlog ?? 0);
  const answer = await ask(`${waiting} in queue "${name}" would never be delivered. Remove it all the same? [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}

/** The line that is typed; empty when there is none, after Ctrl-C or Ctrl-D. */
async function ask(question: string): Promise<string> {
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve) => {
      readline.once('SIGINT', () => readline.close());
      readline.once('close', () => resolve(''));
      readline.question(question, resolve);
    });
  } finally {
    readline.close();
  }
}

function removedText({ name, number, discarded }: RemovedQueue): string {
  const lost = discarded === 0 ? 'it was empty' : `${countedMessages(discarded)} went with it`;
  return `queue "${name}" (number ${number}) is removed; ${lost}`;
}
