import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CompileError, compileModule, stopCompiler } from './compile.js';

const exec = promisify(execFile);

let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'penstock-compile-'));
  await write('package.json', '{ "type": "module" }');
});
afterEach(() => rm(project, { recursive: true }));
afterAll(stopCompiler);

async function write(name: string, text: string): Promise<string> {
  const path = join(project, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** Imports a compiled module in a Node of its own, as a consumer thread would, and returns what it prints. */
async function runs(url: string): Promise<string> {
  const script = `await import(${JSON.stringify(url)})`;
  const { stdout } = await exec(process.execPath, ['--enable-source-maps', '--input-type=module', '-e', script]);
  return stdout.trimEnd();
}

const compiledAs = async (path: string): Promise<string> => runs(await compileModule(path));
const problemOf = async (path: string): Promise<string> =>
  compileModule(path).then(
    () => 'none',
    (error: unknown) => {
      expect(error).toBeInstanceOf(CompileError);
      return (error as Error).message;
    },
  );

describe('what compiled TypeScript does', () => {
  test('enums, parameter properties and relative imports with either extension work', async () => {
    await write('lib/colour.ts', 'export enum Colour { Red = "red" }');
    await write('lib/point.ts', 'export class Point { constructor(readonly x: number) {} }');
    await write('lib/names.json', '["a", "b"]');
    const path = await write(
      'main.ts',
      `import { Colour } from './lib/colour.js';
       import { Point } from './lib/point.ts';
       import names from './lib/names.json' with { type: 'json' };
       console.log(Colour.Red, new Point(3).x, names.length, (await import('./lib/colour.js')).Colour.Red);`,
    );
    expect(await compiledAs(path)).toBe('red 3 2 red');
  });

  test("the user's tsconfig.json is honoured, and a change to it or to what it extends compiles anew", async () => {
    await write('base.json', '{ "compilerOptions": { "experimentalDecorators": true } }');
    await write('tsconfig.json', '{ "extends": "./base" }');
    const path = await write(
      'main.ts',
      `const seen: unknown[] = [];
       function note(target: unknown, key?: unknown) { seen.push(typeof key); }
       class Noted { @note field = 1; }
       console.log(seen[0]);`,
    );
    expect(await compiledAs(path), 'experimental decorators are handed the key').toBe('string');
    await write('base.json', '{}');
    expect(await compiledAs(path), 'standard decorators are handed a context object').toBe('object');
  });

  test('import.meta means the source file in each of the files', async () => {
    const part = await write('lib/part.ts', 'export const there = import.meta.filename; // no line end after this');
    const path = await write(
      'main.ts',
      `import { there } from './lib/part.ts';
       const { url, dirname } = import.meta;
       console.log(JSON.stringify([url, dirname, import.meta.filename, there, import.meta.resolve('./x.js')]));`,
    );
    const url = pathToFileURL(path).href;
    const expected = [url, project, path, part, new URL('./x.js', url).href];
    expect(JSON.parse(await compiledAs(path))).toEqual(expected);
  });

  test('stack traces show the lines and columns of the TypeScript files', async () => {
    const thrower = await write(
      'lib/thrower.ts',
      `interface Unused { a: string }
export function thrower(): never {
  void import.meta.url;
  throw new Error('here');
}`,
    );
    const path = await write(
      'main.ts',
      `import { thrower } from './lib/thrower.js';
type Gone = string;
try { thrower(); } catch (error) { console.log((error as Error).stack); }`,
    );
    const stack = await compiledAs(path);
    expect(stack).toContain(`${thrower}:4:9`);
    expect(stack).toContain(`${path}:3:7`);
  });

  test('packages are found from the project, and plain JavaScript of either kind is left to Node', async () => {
    await write('node_modules/a-package/package.json', '{ "name": "a-package", "main": "index.cjs" }');
    await write('node_modules/a-package/index.cjs', 'module.exports = { from: __filename };');
    await write('lib/common.cjs', 'module.exports = { sep: require("node:path").sep };');
    await write('lib/plain.js', 'export const url = import.meta.url;');
    const path = await write(
      'main.ts',
      `import { from } from 'a-package';
       import common from './lib/common.cjs';
       import { url } from './lib/plain.js';
       console.log(from, common.sep, url);`,
    );
    const installed = join(project, 'node_modules/a-package/index.cjs');
    expect(await compiledAs(path)).toBe(`${installed} / ${pathToFileURL(join(project, 'lib/plain.js'))}`);
  });

  test('plain JavaScript is imported as it is', async () => {
    const path = await write('main.mjs', '');
    expect(await compileModule(path)).toBe(pathToFileURL(path).href);
  });
});

describe('the cache', () => {
  const cache = () => join(project, 'node_modules/.cache/penstock');

  test('lies in node_modules of the nearest package, else beside the source', async () => {
    const inside = fileURLToPath(await compileModule(await write('src/deep/main.ts', '')));
    expect(dirname(inside)).toBe(cache());
    await rm(join(project, 'package.json'));
    await rm(join(project, 'node_modules'), { recursive: true });
    const outside = fileURLToPath(await compileModule(await write('src/deep/other.ts', '')));
    expect(dirname(outside)).toBe(join(project, 'src/deep/.penstock'));
  });

  test('lies where the packages are, also in a folder without package.json below one that has it', async () => {
    await write('inner/node_modules/a-package/package.json', '{ "main": "index.js" }');
    await write('inner/node_modules/a-package/index.js', 'console.log("found");');
    const path = await write('inner/src/main.ts', `import 'a-package';`);
    expect(await compiledAs(path)).toBe('found');
  });

  test('is used while no input has changed, and not when an imported file has', async () => {
    const part = await write('part.ts', 'export const part = 1;');
    const path = await write('main.ts', `import { part } from './part.js'; console.log(part);`);
    const first = await compileModule(path);
    await writeFile(fileURLToPath(first), 'console.log("from the cache")');
    expect(await compileModule(path)).toBe(first);
    expect(await runs(first)).toBe('from the cache');
    await writeFile(part, 'export const part = 2;');
    const second = await compileModule(path);
    expect(second).not.toBe(first);
    expect(await runs(second)).toBe('2');
  });

  test('is made again when it was emptied or its manifest is damaged', async () => {
    const path = await write('main.ts', 'console.log("well");');
    const url = await compileModule(path);
    await rm(fileURLToPath(url));
    expect(await compiledAs(path)).toBe('well');
    for (const name of await readdir(cache()))
      if (name.endsWith('.json')) await writeFile(join(cache(), name), '{"inp');
    expect(await compiledAs(path)).toBe('well');
  });

  test('keeps the compiled form that another process may still use, but no endless row of them', async () => {
    const path = await write('main.ts', '');
    const urls: string[] = [];
    for (let version = 0; version < 12; version++) {
      await writeFile(path, `console.log(${version});`);
      urls.push(await compileModule(path));
    }
    expect(existsSync(fileURLToPath(urls.at(-2) as string))).toBe(true);
    expect((await readdir(cache())).filter((name) => name.endsWith('.mjs'))).toHaveLength(8);
    expect((await readdir(cache())).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('two modules of the same name in different folders do not meet', async () => {
    const a = await compileModule(await write('a/main.ts', 'console.log("a");'));
    const b = await compileModule(await write('b/main.ts', 'console.log("b");'));
    expect([await runs(a), await runs(b)]).toEqual(['a', 'b']);
  });

  test('many compilations of one module at once all give the same whole file', async () => {
    const path = await write('main.ts', 'console.log("whole");');
    const urls = new Set(await Promise.all(Array.from({ length: 8 }, () => compileModule(path))));
    expect(urls.size).toBe(1);
    expect(await runs([...urls][0] as string)).toBe('whole');
  });

  test.skipIf(process.getuid?.() === 0)('goes beside the source when node_modules may not be written', async () => {
    await mkdir(join(project, 'node_modules'));
    await chmod(join(project, 'node_modules'), 0o555);
    const url = await compileModule(await write('main.ts', ''));
    expect(dirname(fileURLToPath(url))).toBe(join(project, '.penstock'));
  });

  test('that cannot be written anywhere is one clear line', async () => {
    await write('node_modules', 'a file where the folder should be');
    await write('.penstock', 'and here');
    expect(await problemOf(await write('main.ts', ''))).toMatch(/main\.ts: its compiled form cannot be written: /);
  });
});

describe('what does not compile', () => {
  test('is one line with file, line, column and reason', async () => {
    const path = await write('main.ts', 'const a = 1;\nconst b = = 2;\n');
    expect(await problemOf(path)).toBe(`${path}:2:11: Unexpected "="`);
  });

  test('names the file that imports what is not there', async () => {
    const path = await write('lib/part.ts', `import './gone.js';`);
    expect(await problemOf(await write('main.ts', `import './lib/part.js';`))).toBe(
      `${path}:1:8: Could not resolve "./gone.js"`,
    );
  });

  test('says how many more problems there are', async () => {
    const path = await write('main.ts', `import './a.js';\nimport './b.js';`);
    expect(await problemOf(path)).toBe(`${path}:1:8: Could not resolve "./a.js" (and 1 more)`);
  });

  test('names a module that is not there', async () => {
    const path = join(project, 'gone.ts');
    expect(await problemOf(path)).toBe(`${path}: there is no such file, or it may not be read`);
  });
});
