// `hub dlq` and its commands as they stand on the command line.
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { Declare } from '../command/declare.js';
import { parseTime } from '../command/journal-place.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption, numberParser } from '../command/options.js';
import type { PurgeOptions } from './change.js';
import type { DlqLsOptions } from './ls.js';
import { parseId, type SelectionOptions } from './selection.js';

/** How many letters `hub dlq ls` shows, unless it is told otherwise; and what it can be told. */
const LIMIT = { default: 50, min: 1, max: 1_000_000 } as const;

type End = Parameters<Declare>[1];

export const declareDlq: Declare = (program, end) => {
  const dlq = program
    .command('dlq')
    .description('Look at dead letters: messages that a consumer could not deal with. Requeue or purge them.');
  withNotes(dlq, {
    text: [
      'Each consumer keeps its own. "ls" and "show" read them with a running hub or without one; "requeue" and "purge" need one.',
    ],
    examples: [
      ['hub dlq ls badges', 'why each of them is there'],
      ['hub dlq show badges 17', 'one of them, with its message and the error'],
      ['hub dlq requeue badges --all', 'deliver them again, when what was wrong is mended'],
      ['hub dlq purge badges --since 1h', 'remove those of the last hour, after a question'],
    ],
  });
  declareLs(dlq);
  declareShow(dlq);
  declareRequeue(dlq, end);
  declarePurge(dlq, end);
};

const consumerArgument = () => new Argument('<consumer>', 'name of the consumer');

const reasonOption = () =>
  new Option('--reason <text>', 'only those whose reason or error contains this, in whatever case').argParser(
    (text) => {
      // An unset variable of a script is not to requeue or purge all there is.
      if (text === '') throw new InvalidArgumentError('Give a part of a reason or an error.');
      return text;
    },
  );

const sinceOption = () =>
  new Option(
    '--since <when>',
    'only those that died at a time (ISO 8601, or 10m for ten minutes ago) or later',
  ).argParser((text) => parseTime(text));

function declareLs(dlq: Command): void {
  const command = dlq
    .command('ls')
    .description('List the dead letters of a consumer.')
    .addArgument(consumerArgument())
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(reasonOption())
    .addOption(sinceOption())
    .addOption(
      new Option('-n, --limit <count>', 'how many to show at most, from the lowest id on')
        .default(LIMIT.default)
        .argParser(numberParser('dead letters', LIMIT, true)),
    )
    .addOption(jsonOption('print one JSON object a line, with the message as "hub tail --json" has it'))
    .action(async (consumer: string, _options, command: Command) => {
      const { listDeadLetters } = await import('./ls.js');
      await listDeadLetters(consumer, command.optsWithGlobals<DlqLsOptions>());
    });
  withNotes(command, {
    text: [
      'An id is the number of the letter among all that the consumer’s queue was ever given, and stays. TIME is when the last delivery ended, REASON what the consumer said, or that no attempt was left, with the error of the last one.',
      '--reason also knows the kinds of reasons: consumer (it threw DeadLetter), attempts (none was left), queue-full (maxBacklog).',
    ],
    examples: [
      ['hub dlq ls badges', 'the first 50'],
      [
        'hub dlq ls badges --reason timeout --since 2h',
        'of the last two hours, with "timeout" in the reason or the error',
      ],
      ['hub dlq ls badges --json --limit 1000', 'for programs'],
    ],
  });
}

function declareShow(dlq: Command): void {
  const command = dlq
    .command('show')
    .description('Show dead letters with their messages, reasons, errors and stacks.')
    .addArgument(consumerArgument())
    .addArgument(new Argument('<ids...>', 'ids of the letters, as "hub dlq ls" shows them').argParser(parseId))
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption('print one JSON object a line'))
    .action(async (consumer: string, ids: number[], _options, command: Command) => {
      const { showDeadLetters } = await import('./show.js');
      await showDeadLetters(consumer, ids, command.optsWithGlobals<SelectionOptions>());
    });
  withNotes(command, {
    examples: [
      ['hub dlq show badges 17', 'one of them'],
      ['hub dlq show badges 17 23 --json', 'two, for programs'],
    ],
  });
}

const idsArgument = () =>
  new Argument('[ids...]', 'ids of the letters; or say --all, --reason or --since').argParser(parseId).default([]);

/** What says which letters of which consumer are to be changed. */
const selecting = (command: Command): Command =>
  command
    .addArgument(consumerArgument())
    .addArgument(idsArgument())
    .addOption(configOption())
    .addOption(dataDirOption())
    .option('--all', 'all of them')
    .addOption(reasonOption())
    .addOption(sinceOption());

function declareRequeue(dlq: Command, end: End): void {
  const command = selecting(dlq.command('requeue'))
    .description('Put dead letters into the queue of their consumer again, and of no other.')
    .addOption(jsonOption('print one JSON object'))
    .action(async (consumer: string, ids: number[], _options, command: Command) => {
      const { requeueDeadLetters } = await import('./change.js');
      const exitCode = await requeueDeadLetters(consumer, ids, command.optsWithGlobals<SelectionOptions>());
      if (exitCode !== 0) end(exitCode);
    });
  withNotes(command, {
    text: [
      'Each becomes a new message at the end of the queue, with the same id, topic, headers and body, and begins again with attempt 1; its letter goes once that is committed. Letters that come while the command runs are left for the next one. The consumer need not run: they wait. Ctrl-C leaves the rest as it is, and gives exit code 130.',
    ],
    examples: [
      ['hub dlq requeue badges 17 23', 'two of them'],
      ['hub dlq requeue badges --reason ECONNREFUSED', 'all that an outage has left'],
      ['hub dlq requeue badges --all --json', 'how many, for programs'],
    ],
  });
}

function declarePurge(dlq: Command, end: End): void {
  const command = selecting(dlq.command('purge'))
    .description('Remove dead letters for good.')
    .option('-y, --yes', 'without asking')
    .addOption(jsonOption('print one JSON object'))
    .action(async (consumer: string, ids: number[], _options, command: Command) => {
      const { purgeDeadLetters } = await import('./change.js');
      const exitCode = await purgeDeadLetters(consumer, ids, command.optsWithGlobals<PurgeOptions>());
      if (exitCode !== 0) end(exitCode);
    });
  withNotes(command, {
    text: ['Asks on a terminal; elsewhere it is refused unless --yes is given.'],
    examples: [
      ['hub dlq purge badges 17', 'one of them, after a question'],
      ['hub dlq purge badges --all --yes', 'all, and never asks'],
    ],
  });
}
