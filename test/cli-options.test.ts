// No option of a `hub` command is taken and then ignored: each that is declared is read by what the command runs.
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { notesOf } from '../packages/cli/dist/command/notes.js';
import { commandsOf, typedName } from '../packages/cli/dist/command/tree.js';
import { createProgram } from '../packages/cli/dist/program.js';
import { importsOf, read } from './support/source-files.js';

const SRC = 'packages/cli/src';
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

const program = createProgram(() => {});
const commands = commandsOf(program);

/** `hub queue ls` lies in queue/. */
const folderOf = (name: string): string => `${SRC}/${name.split(' ')[1]}`;

/** What a command runs: all files that its declaration leads to in its own folder, and what commands share. */
function sourcesOf(declaration: string): string[] {
  const within = [posix.dirname(declaration), `${SRC}/command`];
  const seen = new Set<string>([declaration]);
  for (const path of seen) {
    for (const { file } of importsOf(path)) {
      if (file !== undefined && within.includes(posix.dirname(file))) seen.add(file);
    }
  }
  return [...seen].filter((path) => !/\/(?:command|options)\.ts$/.test(path));
}

/** Whether code takes a property out of an object of options: with a dot, or by destructuring it. */
function isRead(name: string, code: string): boolean {
  return new RegExp(`\\b(?:options|opts\\(\\))\\.${name}\\b|\\{[^{}()]*\\b${name}\\b[^{}()]*\\}\\s*[:=]`).test(code);
}

const codeOf = (paths: readonly string[]): string => paths.map((path) => read(path).replace(COMMENT, '')).join('\n');

describe.each(commands.map((command) => ({ name: typedName(command), command })))('$name', ({ name, command }) => {
  it.each(command.options.map((option) => option.attributeName()))('reads %s', (option) => {
    const declaration = `${folderOf(name)}/command.ts`;
    expect(isRead(option, codeOf(sourcesOf(declaration)))).toBe(true);
  });

  it('has a description, and examples of itself', () => {
    expect(command.description()).toMatch(/^[A-Z].*\.$/);
    const examples = notesOf(command)?.examples ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const [line] of examples) expect(line).toContain(name);
  });
});

it('what stands after every command is read too', () => {
  const names = program.options.map((option) => option.attributeName()).filter((name) => name !== 'version');
  expect(names).toEqual(['verbose']);
  for (const name of names) expect(isRead(name, codeOf([`${SRC}/main.ts`]))).toBe(true);
});

it('an option that is declared and not read is found', () => {
  expect(isRead('only', 'const names = onlyNames(options.only);')).toBe(true);
  expect(isRead('only', 'async function run({ config, only = [] }: RunOptions) {}')).toBe(true);
  expect(isRead('only', 'const { config: named, only } = options;')).toBe(true);
  expect(isRead('only', 'interface RunOptions { readonly config?: string }')).toBe(false);
  expect(isRead('only', 'return options.config;')).toBe(false);
});
