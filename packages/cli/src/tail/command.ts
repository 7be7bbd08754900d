// `hub tail` as it stands on the command line.
import { type Command, Option } from 'commander';
import type { Declare } from '../command/declare.js';
import { parseFrom } from '../command/journal-place.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption, numberParser } from '../command/options.js';
import type { TailOptions } from './tail.js';

const LIMIT = { min: 1, max: Number.MAX_SAFE_INTEGER } as const;

export const declareTail: Declare = (program) => {
  const command = program
    .command('tail')
    .description('Show messages as they are committed, without touching any queue.')
    .argument('[patterns...]', 'topic patterns of the messages to show; all by default')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(
      new Option(
        '--from <where>',
        'begin at a position, a time (ISO 8601, or 10m for ten minutes ago) or earliest',
      ).argParser((text) => parseFrom(text)),
    )
    .addOption(
      new Option('-n, --limit <count>', 'end after so many messages').argParser(numberParser('messages', LIMIT, true)),
    )
    .option('--no-follow', 'end at what is committed now, instead of waiting for more')
    .option('--full', 'show headers and whole bodies')
    .addOption(jsonOption('print one JSON object a line, its body as text or, with "base64": true, in base64'))
    .action(async (patterns: string[], _options, command: Command) => {
      const { tail } = await import('./tail.js');
      await tail(patterns, command.optsWithGlobals<TailOptions>());
    });
  withNotes(command, {
    text: [
      'A line has the time at which the hub took the message, its position in the journal, topic, id, size, and the beginning of its body. Messages are read from the journal’s files, and only while these are there: what no queue needs any more goes, and what was passed by unseen is told on standard error.',
      'When the hub is restarted, it goes on where it was. Without a running hub, --from shows what is on the disk.',
    ],
    examples: [
      ['hub tail', 'all that comes, until Ctrl-C'],
      ["hub tail 'orders.>' --full", 'with headers and whole bodies'],
      ["hub tail 'orders.*.paid' --from 2h --json", 'since two hours ago, for programs'],
      ['hub tail --from earliest --no-follow', 'all that is there, and no more'],
    ],
  });
};
