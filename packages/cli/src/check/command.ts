// `hub check` as it stands on the command line.
import type { Command } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption, jsonOption } from '../command/options.js';
import type { CheckOptions } from './check.js';

export const declareCheck: Declare = (program) => {
  const command = program
    .command('check')
    .description('Load a config file and its consumers, and show what a hub of it would be. Starts nothing.')
    .addOption(configOption())
    .addOption(jsonOption('print one JSON object instead of tables'))
    .action(async (_options, command: Command) => {
      const { check } = await import('./check.js');
      await check(command.optsWithGlobals<CheckOptions>());
    });
  withNotes(command, {
    text: [
      'Opens no socket and no port, makes no data directory and takes no lock, so it can be run beside a running hub. What would keep "hub run" from starting ends it with the same message and exit code; warnings do not.',
    ],
    examples: [
      ['hub check', 'the config file in this directory'],
      ['hub check --config staging.config.ts --json', 'another one, for programs'],
    ],
  });
};
