// Turns a user's TypeScript module into plain JavaScript once, so that the main thread and every consumer
// thread load the same ready file: a TypeScript loader registered in each worker would start a second thread there.
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from './bundle.js';
import { CompileError, lineOf, shownPath } from './compile-error.js';
import { cacheFoldersFor, findCompiled, storeCompiled } from './compiled-files.js';

const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * Gives the URL of plain JavaScript for a module. TypeScript is compiled with esbuild together with the TypeScript
 * that it imports by path, and kept in `.cache/penstock/` of the nearest `node_modules` (else in `.penstock/` beside
 * it); it is compiled again when one of those files, or a tsconfig.json that governs them, has changed. What Node
 * loads by itself (`.js`, `.mjs`, `.cjs`, packages) is left to Node. `import.meta` still means the source file, and
 * with `process.setSourceMapsEnabled(true)` stack traces show its lines.
 *
 * @param path Path of the module.
 * @returns A `file:` URL for `import()`.
 * @throws CompileError with one line: file, line, column and what is wrong.
 */
export async function compileModule(path: string): Promise<string> {
  const source = resolve(path);
  if (!TYPESCRIPT.test(source)) return pathToFileURL(source).href;
  await access(source).catch((cause) => {
    throw new CompileError(`${shownPath(source)}: there is no such file, or it may not be read`, { cause });
  });
  const folders = cacheFoldersFor(source);
  const compiled = await findCompiled(folders, source);
  if (compiled !== undefined) return pathToFileURL(compiled).href;
  return pathToFileURL(await compile(source, folders)).href;
}

async function compile(source: string, folders: readonly string[]): Promise<string> {
  const problems: unknown[] = [];
  for (const folder of folders) {
    const result = await bundle(source, folder);
    try {
      return await storeCompiled(folder, source, result);
    } catch (error) {
      problems.push(error);
    }
  }
  throw new CompileError(
    `${shownPath(source)}: its compiled form cannot be written: ${lineOf(problems[0])}; make that folder writable`,
    { cause: problems[0] },
  );
}

export { stopCompiler } from './bundle.js';
export { CompileError } from './compile-error.js';
