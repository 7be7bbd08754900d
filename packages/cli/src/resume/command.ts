// `hub resume` as it stands on the command line.
import type { Command } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption } from '../command/options.js';
import type { ResumeOptions } from './resume.js';

export const declareResume: Declare = (program) => {
  const command = program
    .command('resume')
    .description('Let consumers of a running hub go on that were paused, or have halted.')
    .argument('<consumer...>', 'names of consumers')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption('print one JSON object'))
    .action(async (consumers: string[], _options, command: Command) => {
      const { resume } = await import('./resume.js');
      await resume(consumers, command.optsWithGlobals<ResumeOptions>());
    });
  withNotes(command, {
    text: [
      'A consumer that has thrown Halt gets the message at which it did so again. One that nothing held back is left as it is, which is no error.',
    ],
    examples: [
      ['hub resume badges', 'the consumer "badges" of the hub of this directory’s config file'],
      ['hub resume badges archive --json', 'two of them, for programs'],
    ],
  });
};
