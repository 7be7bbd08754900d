// How the help of all commands looks: titles stand out on a terminal, and what commander calls a preset is put in words.
import { type Argument, type Command, Help } from 'commander';
import picocolors from 'picocolors';
import { lookOf } from '../table/look.js';

/** Commander takes the colours out again where the stream has none. */
const { bold, cyan } = picocolors.createColors(true);

/** Gives a program, and all commands that are made of it later, the look of `hub`. */
export function dress(program: Command): Command {
  return program
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentText)].join(' '),
      styleTitle: bold,
      styleOptionTerm: cyan,
      styleSubcommandTerm: cyan,
      styleArgumentTerm: cyan,
      optionDescription: (option) =>
        new Help().optionDescription(option).replace(/\(preset: "(.*)"\)$/, '(without a value: $1)'),
    })
    .configureOutput({
      getOutHasColors: () => lookOf(process.stdout).colours.isColorSupported,
      getErrHasColors: () => lookOf(process.stderr).colours.isColorSupported,
      outputError: (text, write) => write(text.replace(/^error: /, 'hub: ')),
    });
}

/**
 * `help queue rm` as commander knows it, `queue help rm`: its own help command takes one name.
 *
 * @param args The command line behind `hub`.
 */
export function spelledOut(args: readonly string[]): readonly string[] {
  const [first, ...path] = args;
  return first === 'help' && path.length > 1 ? [...path.slice(0, -1), first, ...path.slice(-1)] : args;
}

/** A title as the help has them. */
export const title = (text: string): string => bold(text);

/** An argument as usage lines have it: `<topic>`, `[body]`, `[patterns...]`. */
export function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}
