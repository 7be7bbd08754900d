// `hub dlq requeue` and `hub dlq purge`: what a running hub is to do to dead letters.
import { ERRORS } from '@penstock/hub';
import { countedLetters, type LetterFilter } from '@penstock/hub/control';
import { confirmed } from '../command/confirmation.js';
import { type Interruption, interruption, signalExitCode } from '../command/interruption.js';
import { UsageError } from '../failure.js';
import { withProgress } from '../progress/progress.js';
import { createReport } from '../report.js';
import { formatCount } from '../table/format.js';
import { printable } from '../table/text.js';
import { openDeadLetters, tellOfUnreadable } from './open.js';
import { type SelectionOptions, selected } from './selection.js';

export interface PurgeOptions extends SelectionOptions {
  readonly yes?: boolean;
}

/** So many letters that were left are named. */
const MOST_NAMED = 10;

/**
 * Has the hub put letters into their consumer's queue again.
 *
 * Ctrl-C ends it after what the hub is doing just then, and what is left stays as it was.
 *
 * @returns What the command is to end with: not 0 when some were left, since their messages cannot be read, or by Ctrl-C.
 * @throws HUB_UNREACHABLE, QUEUE_NOT_FOUND, DEAD_LETTER_NOT_FOUND, CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DISK_LIMIT,
 *   JOURNAL_FAILED, DATA_DIR_UNUSABLE; UsageError.
 */
export const requeueDeadLetters = (
  consumer: string,
  ids: readonly number[],
  options: SelectionOptions,
): Promise<number> => change('requeue', consumer, selected(ids, options), options, async () => true);

/** Has the hub remove letters for good, after asking. Else as {@link requeueDeadLetters}. */
export const purgeDeadLetters = (consumer: string, ids: readonly number[], options: PurgeOptions): Promise<number> =>
  change('purge', consumer, selected(ids, options), options, async (count) => {
    if (options.yes === true) return true;
    const lost = `${countedLetters(count)} of consumer "${printable(consumer)}" would be gone for good`;
    if (await confirmed(`${lost}. Purge ${count === 1 ? 'it' : 'them'}?`)) return true;
    throw new UsageError(`${lost}; give --yes to purge ${count === 1 ? 'it' : 'them'}`);
  });

async function change(
  what: 'requeue' | 'purge',
  consumer: string,
  filter: LetterFilter,
  options: SelectionOptions,
  allowed: (count: number) => Promise<boolean>,
): Promise<number> {
  const access = await openDeadLetters(consumer, options);
  await access.checkRunning();
  if (filter.ids !== undefined) access.findAll([...filter.ids]);
  const page = access.find(filter, 0);
  tellOfUnreadable(page);
  if (page.more > 0) await allowed(page.more);
  const signal = interruption();
  const { done, problems } = await withProgress(
    `dead letters ${what}d`,
    (progress) => access.change(what, filter, (now) => progress.update(now), signal),
    { total: page.more },
  );
  const report = createReport('text');
  for (const { message } of problems.slice(0, MOST_NAMED)) report.error(message);
  if (problems.length > 0)
    report.error(`${countedLetters(problems.length)} left as they were, for they cannot be read`);
  const text =
    options.json === true ? JSON.stringify({ consumer, [`${what}d`]: done }) : `${countedLetters(done)} ${what}d`;
  process.stdout.write(`${text}\n`);
  const reason = signal.reason as Interruption | undefined;
  if (typeof reason === 'string' && done + problems.length < page.more) {
    report.info(`interrupted: ${formatCount(page.more - done)} of ${countedLetters(page.more)} left as they were`);
    return signalExitCode(reason);
  }
  return problems.length === 0 ? 0 : ERRORS.DATA_DAMAGED.exitCode;
}
