// The dead letters that a command of `hub dlq` is about.
import { DeadLetterAccess, type LetterPage, QueueAccess } from '@penstock/hub/control';
import type { RunningHubOptions } from '../command/options.js';
import { locateHub } from '../command/running-hub.js';
import { createReport } from '../report.js';

/** @throws QUEUE_NOT_FOUND, DATA_DIR_UNUSABLE and what else keeps the data directory from being read; HUB_UNREACHABLE. */
export async function openDeadLetters(consumer: string, options: RunningHubOptions): Promise<DeadLetterAccess> {
  const { dataDir, consumers } = await locateHub(options);
  return DeadLetterAccess.open(new QueueAccess(dataDir, consumers), consumer);
}

/** Says what of the files cannot be read. */
export function tellOfUnreadable({ unreadable }: LetterPage): void {
  const { info } = createReport('text');
  for (const { file, bytes, problem } of unreadable) {
    info(Number.isNaN(bytes) ? problem : `${bytes} bytes at the end of ${file} are no dead letters: ${problem}`);
  }
}
