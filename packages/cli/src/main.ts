// What bin/hub.mjs runs: reads the command line, runs the command, and ends the process with the exit code of what
// came of it.
import { CommanderError } from 'commander';
import { exitCodeOf, failureLines, WRONG_USAGE } from './failure.js';
import { leave } from './leave.js';
import { createProgram } from './program.js';
import { lookOf } from './table/look.js';

let exitCode = 0;
const program = createProgram((code) => {
  exitCode = code;
});

try {
  if (process.argv.length === 2) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong, or has printed the help or version that was asked for.
    exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
  } else {
    exitCode = exitCodeOf(error);
    const { red } = lookOf(process.stderr).colours;
    for (const line of failureLines(error, program.opts().verbose === true)) {
      process.stderr.write(`${red('hub:')} ${line}\n`);
    }
  }
}
leave(exitCode);
