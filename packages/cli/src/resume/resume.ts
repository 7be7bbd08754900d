// `hub resume`: lets consumers of a running hub go on.
import { askToResume, countedMessages, type ResumedConsumer } from '@penstock/hub/control';
import type { RunningHubOptions } from '../command/options.js';
import { runningHub } from '../command/running-hub.js';
import { printable } from '../table/text.js';

export interface ResumeOptions extends RunningHubOptions {
  readonly json?: boolean;
}

/** @throws HUB_UNREACHABLE, CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DATA_DIR_UNUSABLE */
export async function resume(names: readonly string[], options: ResumeOptions): Promise<void> {
  const consumers = await askToResume(await runningHub(options), names);
  const text = options.json === true ? JSON.stringify({ consumers }) : consumers.map(resumedText).join('\n');
  process.stdout.write(`${text}\n`);
}

/** `badges goes on, with 37 messages in its queue; it had halted (the key is gone)` */
function resumedText({ consumer, was, reason, backlog, unkept }: ResumedConsumer): string {
  if (was === undefined) return `${consumer} was not paused`;
  const had = was === 'halted' ? 'it had halted' : 'it was paused';
  const why = reason === undefined ? '' : ` (${printable(reason)})`;
  const note = unkept === undefined ? '' : `\n${consumer} is paused again after a restart: ${printable(unkept)}`;
  return `${consumer} goes on, with ${countedMessages(backlog)} in its queue; ${had}${why}${note}`;
}
