// `hub torture` as it stands on the command line.
import { type Command, Option } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { jsonOption, numberParser, parsePath } from '../command/options.js';
import type { TortureCommandOptions } from './torture.js';

const MINUTES = { default: 10, min: 0.1, max: 100_000 } as const;
const SEED = { min: 0, max: 2_147_483_647 } as const;

export const declareTorture: Declare = (program, end) => {
  const command = program
    .command('torture')
    .description('Do to a scratch hub much of what can go wrong, and find out whether anything is lost.')
    .addOption(
      new Option('-m, --minutes <minutes>', 'how long; each fault has one cycle at least')
        .default(MINUTES.default)
        .argParser(numberParser('minutes', MINUTES)),
    )
    .addOption(
      new Option('--seed <seed>', 'of all that is left to chance; a new one each time without').argParser(
        numberParser('any size', SEED, true),
      ),
    )
    .addOption(
      new Option('--dir <dir>', 'where the scratch directory is made (default: the temporary directory)').argParser(
        parsePath,
      ),
    )
    .option('--only <faults>', 'only these faults, split by commas')
    .addOption(jsonOption('print one JSON object at the end instead of a table'))
    .action(async (_options, command: Command) => {
      const { torture } = await import('./torture.js');
      end(await torture(command.optsWithGlobals<TortureCommandOptions>()));
    });
  withNotes(command, {
    text: [
      'Producers note each message that the hub has accepted, consumers each one that they get, in files outside the hub. Then each accepted message must have been taken, be a dead letter or be queued, for every consumer, with the right bytes, and in order where order was asked for. What comes twice is counted; after a crash it may. After damage to its files, as many may be missing as the hub itself has counted.',
      'The exit code is 0 only when nothing was lost and order held. Else the scratch directory is kept and named. A fault that this machine lacks a tool for is skipped, and says so; when all are, that is an error.',
      'Ctrl-C ends it after the cycle that is under way and tells of what was done so far; a second one ends it at once. docs/reliability.md has the faults, those among them that need more than this command, and figures.',
    ],
    examples: [
      ['hub torture', 'all faults in turn, for ten minutes'],
      ['hub torture --minutes 60 --seed 7', 'an hour, with the chance of an earlier run'],
      ['hub torture --only kill,sigterm --json', 'two faults, for programs'],
    ],
  });
};
