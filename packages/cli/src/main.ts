// The command line, as entry.ts runs it: reads the command line, runs the command, and ends the process with the exit code of what
// came of it.
import { CommanderError } from 'commander';
import { spelledOut } from './command/help.js';
import { exitCodeOf, failureLines, UNEXPECTED, WRONG_USAGE } from './failure.js';
import { leave } from './leave.js';
import { watchOutput } from './output.js';
import { createProgram } from './program.js';
import { supervisorLink } from './run/supervised/link.js';
import { lookOf } from './table/look.js';

let exitCode = 0;
let outputFailed = false;
watchOutput((error) => {
  outputFailed = true;
  tell([`standard output cannot be written: ${error.message}`]);
  // It may show only when all else is done.
  process.exitCode ||= UNEXPECTED;
});
const program = createProgram((code) => {
  exitCode = code;
});

try {
  if (process.argv.length === 2) program.outputHelp();
  else await program.parseAsync(spelledOut(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong, or has printed the help or version that was asked for.
    exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
  } else {
    exitCode = exitCodeOf(error);
    tell(failureLines(error, program.opts().verbose === true));
  }
}
exitCode ||= outputFailed ? UNEXPECTED : 0;
supervisorLink()?.tell({ type: 'ended', exitCode });
leave(exitCode);

function tell(lines: readonly string[]): void {
  const { red } = lookOf(process.stderr).colours;
  for (const line of lines) process.stderr.write(`${red('hub:')} ${line}\n`);
}
