// The command line: each command's name, options and help. What a command does is imported only when it is called,
// so that `hub --help` is there at once.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { RunOptions } from './run/run.js';
import type { StatusCommandOptions } from './status/status.js';
import { VERSION } from './version.js';

/** How often `--watch` looks, in seconds, unless it is told otherwise; and what it can be told. */
const WATCH_SECONDS = { default: 1, min: 0.1, max: 3600 } as const;

const CONFIG_HELP = 'config file (default: hub.config.ts, .js, .mjs or .json here)';

/**
 * Builds the `hub` command.
 *
 * @param setExitCode Called with the exit code of a command that ended without an error.
 */
export function createProgram(setExitCode: (exitCode: number) => void): Command {
  const program = new Command('hub')
    .description(
      'A message-bus hub in which every consumer has its own thread, its own queue and its own backlog gauge.',
    )
    .version(VERSION, '-V, --version', 'print the version')
    .option('--verbose', 'show stack traces with errors')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'hub: ')) })
    .showHelpAfterError('hub: see "hub --help", or --help after a command')
    .exitOverride();

  program
    .command('run')
    .description('Run the hub of a config file until SIGTERM or SIGINT.')
    .option('-c, --config <file>', CONFIG_HELP)
    .option('--only <names>', 'run only these consumers, split by commas; the queues of the others fill and wait')
    .addHelpText('after', RUN_NOTES)
    .action(async (_options, command: Command) => {
      const { run } = await import('./run/run.js');
      setExitCode(await run(command.optsWithGlobals<RunOptions>()));
    });

  program
    .command('status')
    .description('Show the backlog, rates and state of each consumer of a running hub.')
    .option('-c, --config <file>', CONFIG_HELP)
    .option('-d, --data-dir <dir>', "the hub's data directory, instead of reading a config file")
    .option('--json', 'print one JSON object instead of a table')
    .addOption(
      new Option('-w, --watch [seconds]', 'look again every so many seconds')
        .preset(String(WATCH_SECONDS.default))
        .argParser(seconds),
    )
    .action(async (_options, command: Command) => {
      const { status } = await import('./status/status.js');
      await status(command.optsWithGlobals<StatusCommandOptions>());
    });

  return program;
}

const RUN_NOTES = `
The first SIGTERM or SIGINT lets deliveries in flight finish within
drainTimeoutMs, says how much remains queued, and ends with exit code 0;
a second one ends at once.`;

function seconds(value: string): number {
  const { min, max } = WATCH_SECONDS;
  const parsed = value.trim() === '' ? Number.NaN : Number(value);
  if (parsed >= min && parsed <= max) return parsed;
  throw new InvalidArgumentError(`Give a number of seconds from ${min} to ${max}.`);
}
