// The examples of each `hub` command, in its help and in docs/cli.md, are command lines that it takes.
import { describe, expect, it } from 'vitest';
import { notesOf } from '../packages/cli/dist/command/notes.js';
import { commandsOf, typedName } from '../packages/cli/dist/command/tree.js';
import { createProgram } from '../packages/cli/dist/program.js';

/** The arguments behind `hub` in a line for a shell, which may have pipes and files before and behind it. */
function argumentsIn(line: string): string[] {
  const [, typed = ''] = line.match(/(?:^|[|;] *)hub ((?:'[^']*'|"[^"]*"|[^|<>])*)/) ?? [];
  return [...typed.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}

const examples = commandsOf(createProgram(() => {})).flatMap((command) =>
  (notesOf(command)?.examples ?? []).map(([line]) => ({ line, name: typedName(command) })),
);

describe('an example', () => {
  it.each(examples)('$line', async ({ line, name }) => {
    const program = createProgram(() => {});
    const called: string[] = [];
    for (const command of commandsOf(program)) command.action(() => void called.push(typedName(command)));
    await program.parseAsync(argumentsIn(line), { from: 'user' });
    expect(called).toEqual([name]);
  });

  it('with an option that the command does not have is found', async () => {
    const program = createProgram(() => {});
    program.configureOutput({ writeErr: () => {} });
    for (const command of commandsOf(program)) command.configureOutput({ writeErr: () => {} });
    await expect(program.parseAsync(argumentsIn('hub run --fast'), { from: 'user' })).rejects.toThrow('--fast');
  });

  it('is read as a shell does', () => {
    expect(argumentsIn(`cat a | hub publish b.c - --header 'k=v w' | head`)).toEqual([
      'publish',
      'b.c',
      '-',
      '--header',
      'k=v w',
    ]);
  });
});
