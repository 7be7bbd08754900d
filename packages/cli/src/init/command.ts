// `hub init` as it stands on the command line.
import type { Command } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { jsonOption, parsePath } from '../command/options.js';
import type { InitOptions } from './init.js';

export const declareInit: Declare = (program) => {
  const command = program
    .command('init')
    .description('Make a small working project: a config, a consumer, its test, and scripts.')
    .argument('[directory]', 'where to make it; made itself when it is not there', parsePath, '.')
    .option('--force', 'write over files that are in the way; a package.json keeps what else it has')
    .addOption(jsonOption('print one JSON object with the files made'))
    .action(async (directory: string, _options, command: Command) => {
      const { init } = await import('./init.js');
      await init(directory, command.optsWithGlobals<InitOptions>());
    });
  withNotes(command, {
    text: ['Without --force nothing is written when a file of the project is there already.'],
    examples: [
      ['hub init', 'in this directory'],
      ['hub init my-hub', 'in a new one'],
    ],
  });
};
