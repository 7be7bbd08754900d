// `hub audit` as it stands on the command line.
import type { Command } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption } from '../command/options.js';
import type { AuditOptions } from './audit.js';

export const declareAudit: Declare = (program) => {
  const command = program
    .command('audit')
    .description('Account for every message that was put into a queue: settled, dropped, dead, or still there.')
    .argument('[consumers...]', 'names of consumers; all queues by default')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption('print one JSON object instead of a table'))
    .action(async (consumers: string[], _options, command: Command) => {
      const { audit } = await import('./audit.js');
      await audit(consumers, command.optsWithGlobals<AuditOptions>());
    });
  withNotes(command, {
    text: [
      'A running hub is asked for what its threads have counted and what they hold. Without one, index entries and settle logs are counted anew from the files. A queue that does not add up ends the command with the code of AUDIT_FAILED.',
      'A hub that is busy is read again for up to three seconds, until each queue has added up once; one that never stands still and never adds up is told of as moving, and fails the audit too.',
    ],
    examples: [
      ['hub audit', 'every queue of this directory’s config'],
      ['hub audit badges archive', 'two of them'],
      ['hub audit --data-dir data --json', 'one JSON object, for programs'],
    ],
  });
};
