// The commands of a program as those see them who type them: `hub queue ls` is one, `hub queue` only leads to it.
import type { Command } from 'commander';

/** All commands that do something, in the order of the help; those that only hold others are left out. */
export function commandsOf(program: Command): Command[] {
  return program.commands.flatMap((command) => (command.commands.length === 0 ? [command] : commandsOf(command)));
}

/** What is typed for a command: `hub queue ls`. */
export function typedName(command: Command): string {
  return command.parent === null ? command.name() : `${typedName(command.parent)} ${command.name()}`;
}
