// `hub pause`: holds consumers of a running hub back until they are resumed.
import { askToPause, countedMessages, type PausedConsumer } from '@penstock/hub/control';
import type { RunningHubOptions } from '../command/options.js';
import { runningHub } from '../command/running-hub.js';
import { printable } from '../table/text.js';

export interface PauseOptions extends RunningHubOptions {
  readonly reason?: string;
  readonly json?: boolean;
}

/** @throws HUB_UNREACHABLE, CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DATA_DIR_UNUSABLE */
export async function pause(names: readonly string[], options: PauseOptions): Promise<void> {
  const consumers = await askToPause(await runningHub(options), names, options.reason);
  const text = options.json === true ? JSON.stringify({ consumers }) : consumers.map(pausedText).join('\n');
  process.stdout.write(`${text}\n`);
}

/** `badges is paused (deploy), with 37 messages in its queue` */
function pausedText({ consumer, already, since, reason, backlog }: PausedConsumer): string {
  const is = already ? `was paused already, since ${since}` : 'is paused';
  const why = reason === undefined ? '' : ` (${printable(reason)})`;
  return `${consumer} ${is}${why}, with ${countedMessages(backlog)} in its queue`;
}
