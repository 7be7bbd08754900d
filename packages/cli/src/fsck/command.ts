// `hub fsck` as it stands on the command line.
import type { Command } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption } from '../command/options.js';
import type { FsckOptions } from './fsck.js';

export const declareFsck: Declare = (program) => {
  const command = program
    .command('fsck')
    .description('Check every file of a data directory on which no hub runs, and mend what can be mended.')
    .addOption(configOption())
    .addOption(dataDirOption())
    .option('--repair', 'mend what was found; what is damaged is set aside in quarantine/, and never deleted')
    .addOption(jsonOption('print one JSON object'))
    .action(async (_options, command: Command) => {
      const { checkFiles } = await import('./fsck.js');
      await checkFiles(command.optsWithGlobals<FsckOptions>());
    });
  withNotes(command, {
    text: [
      'Each finding says which file and which bytes of it, what is wrong, how many messages of which consumer cannot be delivered because of it, and what --repair does about it. Damage ends the command with the code of FSCK_DAMAGED; what a killed hub has left for its next start is only noted.',
      'The hub itself finds and sets aside damage as well, as it comes across it. It has to be stopped for a check.',
    ],
    examples: [
      ['hub fsck', 'check, and change nothing'],
      ['hub fsck --repair', 'mend what can be mended, and check again'],
      ['hub fsck --data-dir data --json', 'one JSON object, for programs'],
    ],
  });
};
