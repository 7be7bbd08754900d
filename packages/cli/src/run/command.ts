// `hub run` as it stands on the command line.
import type { Command } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption } from '../command/options.js';
import type { RunOptions } from './run.js';

export const declareRun: Declare = (program, end) => {
  const command = program
    .command('run')
    .description('Run the hub of a config file until SIGTERM or SIGINT.')
    .addOption(configOption())
    .option('--only <names>', 'run only these consumers, split by commas; the queues of the others fill and wait')
    .action(async (_options, command: Command) => {
      const { run } = await import('./run.js');
      end(await run(command.optsWithGlobals<RunOptions>()));
    });
  withNotes(command, {
    text: [
      'The first SIGTERM or SIGINT lets deliveries in flight finish within drainTimeoutMs, says how much remains queued, and ends with exit code 0; a second one ends at once.',
      'A consumer that throws Halt with an exit code has the hub stop likewise, and end with that code. Codes of other errors are in docs/errors.md.',
    ],
    examples: [
      ['hub run', 'the config file in this directory'],
      ['hub run --config staging.config.ts', 'another config file'],
      ['hub run --only badges,archive', 'two consumers alone'],
    ],
  });
};
