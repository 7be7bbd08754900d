// `hub keygen` as it stands on the command line.
import type { Command } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { jsonOption, parsePath } from '../command/options.js';
import type { KeygenOptions } from './keygen.js';

export const declareKeygen: Declare = (program) => {
  const command = program
    .command('keygen')
    .description('Make a key pair for encryption and authentication over ZeroMQ (CURVE), and say what goes where.')
    .option(
      '--out <file>',
      'write the secret key into this file, which only you may read, and the public key beside it',
      parsePath,
    )
    .option('--force', 'write over files of that name')
    .addOption(jsonOption('print one JSON object with the keys, or with the files they are in'))
    .action(async (_options, command: Command) => {
      const { keygen } = await import('./keygen.js');
      keygen(command.optsWithGlobals<KeygenOptions>());
    });
  withNotes(command, {
    text: [
      'Each socket that connects and each that is bound has a pair of its own. Without --out the secret key is printed, and nothing is kept of it.',
    ],
    examples: [
      ['hub keygen', 'a key pair on the terminal'],
      ['hub keygen --out hub.key', 'the secret key in hub.key, the public key in hub.key.pub'],
    ],
  });
};
