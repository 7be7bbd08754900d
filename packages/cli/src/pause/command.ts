// `hub pause` as it stands on the command line.
import { type Command, Option } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption } from '../command/options.js';
import type { PauseOptions } from './pause.js';
import { parseReason } from './reason.js';

export const declarePause: Declare = (program) => {
  const command = program
    .command('pause')
    .description('Have consumers of a running hub get nothing more until "hub resume"; their queues fill.')
    .argument('<consumer...>', 'names of consumers')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(
      new Option('--reason <text>', 'why, for whoever looks: "hub status" and the log show it').argParser(parseReason),
    )
    .addOption(jsonOption('print one JSON object'))
    .action(async (consumers: string[], _options, command: Command) => {
      const { pause } = await import('./pause.js');
      await pause(consumers, command.optsWithGlobals<PauseOptions>());
    });
  withNotes(command, {
    text: [
      'What is in flight finishes; no further delivery begins. A pause is on disk when the command ends, and outlives every restart of the hub, a kill too. /readyz stays green: somebody wanted it so.',
      'A consumer that is paused already stays so, which is no error; a new reason takes the place of the one before. Of several consumers, none is paused when one of the names is unknown.',
    ],
    examples: [
      ['hub pause badges', 'the consumer "badges" of the hub of this directory’s config file'],
      ['hub pause badges archive --reason "the database moves"', 'two of them, and why'],
      ['hub pause badges --data-dir data --json', 'for programs'],
    ],
  });
};
