// `hub dlq ls`: the dead letters of a consumer, of a running hub or of one that does not run.
import { interruption } from '../command/interruption.js';
import { withProgress } from '../progress/progress.js';
import { formatCount } from '../table/format.js';
import { lookOf } from '../table/look.js';
import { LinesOut } from '../tail/lines-out.js';
import { letterJson } from './letter-json.js';
import { openDeadLetters, tellOfUnreadable } from './open.js';
import { renderLetters } from './render-letters.js';
import type { SelectionOptions } from './selection.js';

export interface DlqLsOptions extends SelectionOptions {
  /** Most letters to show. */
  readonly limit: number;
}

/** @throws QUEUE_NOT_FOUND, DATA_DIR_UNUSABLE and what else keeps the data directory from being read; HUB_UNREACHABLE. */
export async function listDeadLetters(consumer: string, options: DlqLsOptions): Promise<void> {
  const { reason, since: sinceMs, limit, json } = options;
  const access = await withProgress('reading the queues', () => openDeadLetters(consumer, options));
  const page = access.find({ reason, sinceMs }, limit);
  tellOfUnreadable(page);
  if (json === true) {
    const signal = interruption();
    const out = new LinesOut(signal);
    for (const letter of page.letters) {
      out.add(letterJson(access.read(letter)));
      if (out.full) await out.flush();
      if (signal.aborted) return;
    }
    await out.flush();
    return;
  }
  if (page.letters.length === 0) {
    process.stdout.write('no dead letters\n');
    return;
  }
  // Of the messages only their heads are shown: each is let go of before the next one is read.
  const rows = page.letters.map((letter) => access.read(letter));
  const more = page.more === 0 ? '' : `and ${formatCount(page.more)} more\n`;
  process.stdout.write(`${renderLetters(rows, lookOf())}\n${more}`);
}
