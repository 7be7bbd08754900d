// The command line as a whole: what all commands share, and the list of them. Each is declared in its own folder.
import { Command } from 'commander';
import { declareAudit } from './audit/command.js';
import { declareCheck } from './check/command.js';
import type { Declare } from './command/declare.js';
import { dress } from './command/help.js';
import { typedName } from './command/tree.js';
import { declareDlq } from './dlq/command.js';
import { declareFsck } from './fsck/command.js';
import { declareInit } from './init/command.js';
import { declareKeygen } from './keygen/command.js';
import { declarePause } from './pause/command.js';
import { declarePublish } from './publish/command.js';
import { declareQueue } from './queue/command.js';
import { declareReplay } from './replay/command.js';
import { declareResume } from './resume/command.js';
import { declareRun } from './run/command.js';
import { declareStatus } from './status/command.js';
import { declareTail } from './tail/command.js';
import { declareTorture } from './torture/command.js';
import { VERSION } from './version.js';

/** In the order in which the help lists them. */
const COMMANDS: readonly Declare[] = [
  declareInit,
  declareCheck,
  declareRun,
  declareStatus,
  declarePublish,
  declareTail,
  declareReplay,
  declarePause,
  declareResume,
  declareQueue,
  declareDlq,
  declareAudit,
  declareFsck,
  declareTorture,
  declareKeygen,
];

/**
 * Builds the `hub` command.
 *
 * @param end Called with the exit code of a command that ended without an error and has one of its own.
 */
export function createProgram(end: (exitCode: number) => void): Command {
  const program = dress(new Command('hub'))
    .description(
      'A message-bus hub in which every consumer has its own thread, its own queue and its own backlog gauge.',
    )
    .version(VERSION, '-V, --version', 'print the version')
    .option('--verbose', 'show stack traces with errors')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', '\n"hub COMMAND --help" has the options of a command, and examples.')
    .exitOverride();
  for (const declare of COMMANDS) declare(program, end);
  pointToHelp(program);
  return program;
}

/** Has a command, and those in it, name its own help below what is wrong with a command line. */
function pointToHelp(command: Command): void {
  command.showHelpAfterError(`hub: see "${typedName(command)} --help"`);
  for (const inner of command.commands) pointToHelp(inner);
}
