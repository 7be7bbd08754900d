// `hub queue` and its commands as they stand on the command line.
import { type Command, Option } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption, numberParser } from '../command/options.js';
import type { QueueLsOptions } from './ls.js';
import type { QueueRmOptions } from './rm.js';
import type { QueueShowOptions } from './show.js';

/** How many messages `hub queue show` reads, unless it is told otherwise; and what it can be told. */
const MESSAGES = { default: 10, min: 0, max: 100 } as const;

export const declareQueue: Declare = (program) => {
  const queue = program.command('queue').description('Look at queues, and remove those whose consumer is gone.');
  withNotes(queue, {
    text: ['With a running hub or without one: then the files of the data directory are read, and nothing is changed.'],
    examples: [
      ['hub queue ls', 'every queue with its backlog and the disk space it takes'],
      ['hub queue show badges', 'what waits in one of them'],
      ['hub queue rm badges', 'remove it, when its consumer is no longer in the config'],
    ],
  });
  declareLs(queue);
  declareShow(queue);
  declareRm(queue);
};

function declareLs(queue: Command): void {
  const command = queue
    .command('ls')
    .description('List every queue of the data directory, those without a consumer too.')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption('print one JSON object instead of a table'))
    .action(async (_options, command: Command) => {
      const { listQueues } = await import('./ls.js');
      await listQueues(command.optsWithGlobals<QueueLsOptions>());
    });
  withNotes(command, {
    text: [
      'ON DISK is what the queue’s own files take. The messages themselves are in the journal, once for all queues; "hub queue show" says which of its segments stay because of a queue.',
    ],
    examples: [
      ['hub queue ls', 'the data directory of this directory’s config file'],
      ['hub queue ls --data-dir data --json', 'one JSON object, for programs'],
    ],
  });
}

function declareShow(queue: Command): void {
  const command = queue
    .command('show')
    .description('Show one queue: how far it has come, what it keeps on disk, and the first messages that wait in it.')
    .argument('<name>', 'name of the queue, which is that of its consumer')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(
      new Option('-n, --messages <n>', 'how many of the messages to show, from the oldest on')
        .default(MESSAGES.default)
        .argParser(numberParser('messages', MESSAGES, true)),
    )
    .addOption(jsonOption('print one JSON object instead'))
    .action(async (name: string, _options, command: Command) => {
      const { showQueue } = await import('./show.js');
      await showQueue(name, command.optsWithGlobals<QueueShowOptions>());
    });
  withNotes(command, {
    text: ['Messages are only looked at: none is delivered, settled or moved.'],
    examples: [
      ['hub queue show badges', 'with the 10 oldest messages'],
      ['hub queue show badges --messages 100 --json', 'for programs'],
    ],
  });
}

function declareRm(queue: Command): void {
  const command = queue
    .command('rm')
    .description('Remove for good a queue whose consumer is no longer in the config.')
    .argument('<name>', 'name of the queue, which is that of the consumer it had')
    .addOption(configOption())
    .addOption(dataDirOption())
    .option('-y, --yes', 'remove it although messages wait in it, without asking')
    .addOption(jsonOption('print one JSON object'))
    .action(async (name: string, _options, command: Command) => {
      const { removeQueue } = await import('./rm.js');
      await removeQueue(name, command.optsWithGlobals<QueueRmOptions>());
    });
  withNotes(command, {
    text: [
      'The messages that wait in it are never delivered, and the segments of the journal that stayed because of them are removed: at once by a running hub, else at the next start. A consumer of the same name that is added later gets a new queue.',
      'With --data-dir and no running hub there is no config to ask whether the consumer is still in it: then the queue is removed in any case.',
    ],
    examples: [
      ['hub queue rm badges', 'asks when messages wait in it; refuses where there is no terminal to ask on'],
      ['hub queue rm badges --yes', 'never asks'],
    ],
  });
}
