// Which tsconfig.json files esbuild heeds for a set of source files, so that a change in one of them compiles anew.
// esbuild itself reads and applies them; it only does not say which they were.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';

/** Bounds a chain of `extends` that runs in a circle. */
const LONGEST_CHAIN = 16;

const EXTENDS = /"extends"\s*:\s*(?:"([^"]+)"|\[([^\]]*)\])/;

/**
 * For each source file the nearest tsconfig.json above it and what that extends by path. Places passed on the
 * way up are listed too, although nothing is there yet: a tsconfig.json put there later would be the nearest.
 */
export function tsconfigsAbove(sources: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const source of sources) {
    for (let folder = dirname(source); ; folder = dirname(folder)) {
      const candidate = join(folder, 'tsconfig.json');
      found.add(candidate);
      if (existsSync(candidate)) {
        for (const path of extendedBy(candidate, LONGEST_CHAIN)) found.add(path);
        break;
      }
      if (folder === dirname(folder)) break;
    }
  }
  return [...found];
}

function extendedBy(path: string, depth: number): string[] {
  if (depth === 0 || !existsSync(path)) return [];
  const [, one, several] = EXTENDS.exec(readFileSync(path, 'utf8')) ?? [];
  const names =
    one === undefined ? [...(several ?? '').matchAll(/"([^"]+)"/g)].map(([, name]) => name as string) : [one];
  return names
    .filter((name) => name.startsWith('.'))
    .map((name) => resolve(dirname(path), extname(name) === '.json' ? name : `${name}.json`))
    .flatMap((next) => [next, ...extendedBy(next, depth - 1)]);
}
