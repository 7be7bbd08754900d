// `hub status` as it stands on the command line.
import { type Command, Option } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption, numberParser } from '../command/options.js';
import type { StatusCommandOptions } from './status.js';

/** How often `--watch` looks, in seconds, unless it is told otherwise; and what it can be told. */
const WATCH_SECONDS = { default: 1, min: 0.1, max: 3600 } as const;

export const declareStatus: Declare = (program) => {
  const command = program
    .command('status')
    .description('Show the backlog, rates and state of each consumer of a running hub.')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption('print one JSON object instead of a table'))
    .addOption(
      new Option('-w, --watch [seconds]', 'look again every so many seconds')
        .preset(String(WATCH_SECONDS.default))
        .argParser(numberParser('seconds', WATCH_SECONDS)),
    )
    .action(async (_options, command: Command) => {
      const { status } = await import('./status.js');
      await status(command.optsWithGlobals<StatusCommandOptions>());
    });
  withNotes(command, {
    examples: [
      ['hub status', 'the hub of the config file in this directory'],
      ['hub status --watch 5', 'on the screen, anew every 5 seconds, until Ctrl-C'],
      ['hub status --data-dir data --json', 'one JSON object, for programs'],
    ],
  });
};
