// `hub replay` as it stands on the command line.
import { type Command, Option } from 'commander';
import type { Declare } from '../command/declare.js';
import { parseFrom, parseTo } from '../command/journal-place.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption } from '../command/options.js';
import type { ReplayCommandOptions } from './replay.js';

export const declareReplay: Declare = (program, end) => {
  const command = program
    .command('replay')
    .description('Put messages that the journal still holds into one consumer’s queue again.')
    .argument('<consumer>', 'name of the consumer')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(
      new Option('--from <where>', 'the first: a position, a time (ISO 8601, or 10m for ten minutes ago) or earliest')
        .argParser((text) => parseFrom(text))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--to <where>', 'the first that is not replayed any more: a position, a time, or now')
        .default({ kind: 'now' }, 'now')
        .argParser((text) => parseTo(text)),
    )
    .addOption(
      new Option(
        '--topic <pattern>',
        'only what matches this topic pattern, of what the consumer gets; may be given several times',
      ).argParser((pattern: string, others: readonly string[] = []) => [...others, pattern]),
    )
    .addOption(jsonOption('print one JSON object instead of a line'))
    .action(async (consumer: string, _options, command: Command) => {
      const { replay } = await import('./replay.js');
      end(await replay(consumer, command.optsWithGlobals<ReplayCommandOptions>()));
    });
  withNotes(command, {
    text: [
      'They go into that queue alone, in the order in which the hub took them, as new entries behind what waits there, with the id, position and time that they had. What matches the consumer’s topics now is replayed, whether or not it got it then; how long the journal holds what is settled is the option retain.',
      'The hub goes on meanwhile. A queue at its maxBacklog is given more when it has room. Ctrl-C ends a replay in order, and says from where to go on; where the hub was killed in the middle, replay from the position that was shown last, or some come twice.',
    ],
    examples: [
      ['hub replay badges --from 2h', 'what came in the last two hours'],
      ['hub replay badges --from 2026-05-01T12:00 --to 2026-05-01T13:00', 'one hour, local time'],
      [
        "hub replay badges --from earliest --topic 'org.example.badges.>' --json",
        'all there is of a topic, for programs',
      ],
    ],
  });
};
