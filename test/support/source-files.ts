// What the tests about the code itself read: the repository's files, and the imports of a TypeScript source.
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, absolute. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Folders that .gitignore names, and git's own. */
const NOT_OURS = new Set(['node_modules', 'dist', 'data', 'packed', '.penstock', '.git']);

/** All files under a folder that belong to the repository, as paths from its root with forward slashes, sorted. */
export function filesUnder(folder: string): string[] {
  const entries: Dirent[] = readdirSync(join(ROOT, folder), { withFileTypes: true });
  return entries
    .filter((entry) => !NOT_OURS.has(entry.name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return filesUnder(path);
      return entry.isFile() ? [path] : [];
    })
    .toSorted();
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Whether a source file is part of what a package ships: not a test, nor what stands beside one for it alone. */
export const isShipped = (path: string): boolean => !/\.(?:test|fixture)\.ts$/.test(path);

export interface Import {
  /** As it stands in the source: `./topic.js`, `node:fs`, `@penstock/hub`. */
  readonly specifier: string;
  /** For a relative import the imported file, from the repository's root, as a `.ts` path; else undefined. */
  readonly file: string | undefined;
  /** False for `import type` and `export type`, which are gone at run time. */
  readonly atRunTime: boolean;
  /** True for `import()`: the file is loaded only when that line runs. */
  readonly dynamic: boolean;
}

// Biome writes each import and export at the start of a line and on one line up to its "{", and quotes with "'".
const STATIC = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** The imports of one TypeScript file of ours, read from the repository unless its text is given. */
export function importsOf(path: string, text: string = read(path)): Import[] {
  const source = text.replace(COMMENT, '');
  const found = (specifier: string, atRunTime: boolean, dynamic: boolean): Import => ({
    specifier,
    file: specifier.startsWith('.')
      ? posix
          .join(dirname(path), specifier)
          .replace(/\.js$/, '.ts')
          .replace(/\.mjs$/, '.mts')
      : undefined,
    atRunTime,
    dynamic,
  });
  return [
    ...[...source.matchAll(STATIC)].map(([, type, specifier = '']) => found(specifier, type === undefined, false)),
    ...[...source.matchAll(DYNAMIC)].map(([, specifier = '']) => found(specifier, true, true)),
  ];
}

/** The package that a bare specifier names: `@penstock/hub/source` is of `@penstock/hub`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
