// What the help of a command says below its options: a few sentences, and examples. Kept with the command, so that
// docs/cli.md has them too.
import type { Command } from 'commander';
import { title } from './help.js';

export interface Notes {
  /** Paragraphs, each without line ends: they are wrapped where they are shown. */
  readonly text?: readonly string[];
  /** Command lines with what each does, without a full stop. */
  readonly examples: readonly (readonly [command: string, what: string])[];
}

const notes = new WeakMap<Command, Notes>();

/** Gives a command its notes, and returns it. */
export function withNotes(command: Command, given: Notes): Command {
  notes.set(command, given);
  return command.addHelpText('after', rendered(given));
}

/** What was given with `withNotes()`. */
export const notesOf = (command: Command): Notes | undefined => notes.get(command);

/** Most characters on a line of text; examples stay whole. */
const TEXT_WIDTH = 80;

function rendered({ text = [], examples }: Notes): string {
  const longest = examples.reduce((most, [line]) => Math.max(most, line.length), 0);
  return [
    ...text.flatMap((paragraph) => ['', ...wrapped(paragraph)]),
    '',
    title('Examples:'),
    ...examples.map(([line, what]) => `  ${line.padEnd(longest)}  # ${what}`),
  ].join('\n');
}

function wrapped(paragraph: string): string[] {
  const lines: string[] = [];
  for (const word of paragraph.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > TEXT_WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
