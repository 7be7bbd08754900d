// `hub run` as it stands on the command line.
import { type Command, Option } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption, numberParser } from '../command/options.js';
import type { RunOptions } from './run.js';

/** In seconds: less, and a busy machine is taken for a stuck hub. */
const STUCK_LIMITS = { min: 1, max: 86_400 };

export const declareRun: Declare = (program, end) => {
  const command = program
    .command('run')
    .description('Run the hub of a config file until SIGTERM, SIGINT or SIGHUP.')
    .addOption(configOption())
    .option('--only <names>', 'run only these consumers, split by commas; the queues of the others fill and wait')
    .option('--no-supervise', 'run the hub in this process, without a supervisor that starts it again')
    .addOption(
      new Option('--stuck-after <seconds>', 'have the supervisor start a hub again that does not react for so long')
        .argParser(numberParser('seconds', STUCK_LIMITS))
        .default(30),
    )
    .action(async (_options, command: Command) => {
      const { run } = await import('./run.js');
      end(await run(command.optsWithGlobals<RunOptions>()));
    });
  withNotes(command, {
    text: [
      'The hub runs in a process of its own, below a small supervisor that starts it again when it is killed, crashes, fails or is stuck, and passes signals on; docs/running.md has what is started again and what is not. Under systemd or Kubernetes, which do that themselves, use --no-supervise.',
      'The first SIGTERM, SIGINT or SIGHUP lets deliveries in flight finish within drainTimeoutMs, says how much remains queued, and ends with exit code 0; a second one ends at once.',
      'A consumer that throws Halt with an exit code has the hub stop likewise, and end with that code. Codes of other errors are in docs/errors.md.',
    ],
    examples: [
      ['hub run', 'the config file in this directory'],
      ['hub run --config staging.config.ts', 'another config file'],
      ['hub run --only badges,archive', 'two consumers alone'],
      ['hub run --no-supervise', 'under systemd or Kubernetes, or a debugger'],
    ],
  });
};
