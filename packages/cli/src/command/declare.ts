// How a command is put on the command line: each has a folder with a `command.ts` that declares its name, arguments,
// options and help, and that imports what the command does only when it is called, so that `hub --help` is there at
// once. program.ts lists them.
import type { Command } from 'commander';

/**
 * Declares one command.
 *
 * @param program What to add it to.
 * @param end Called with the exit code of a command that has one of its own when it ends without an error; 0 by default.
 */
export type Declare = (program: Command, end: (exitCode: number) => void) => void;
