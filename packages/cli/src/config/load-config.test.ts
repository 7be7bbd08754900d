import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ErrorCode, HubConfig } from '@penstock/hub';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stopCompiler } from '../compile/compile.js';
import { loadConfig } from './load-config.js';

let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'penstock-config-'));
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

/** As a project has it that installed the packages of this workspace. */
async function installPenstock(): Promise<void> {
  const installed = fileURLToPath(new URL('../../node_modules/@penstock', import.meta.url));
  await mkdir(join(project, 'node_modules'));
  await symlink(installed, join(project, 'node_modules/@penstock'));
}

const load = async (named?: string): Promise<HubConfig> => (await loadConfig(named, project)).config;

async function expectFailure(code: ErrorCode, message: string | RegExp, named?: string): Promise<void> {
  const failure: unknown = await load(named).then(
    () => 'no failure',
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code });
  expect((failure as Error).message).toMatch(message);
}

describe('finding the config file', () => {
  test('of several in the folder the first kind is taken: ts, js, mjs, json', async () => {
    await write('hub.config.json', '{ "dataDir": "json" }');
    expect(await load()).toEqual({ dataDir: 'json' });
    await write('hub.config.mjs', 'export default { dataDir: "mjs" };');
    expect(await load()).toEqual({ dataDir: 'mjs' });
    await write('hub.config.js', 'export default { dataDir: "js" };');
    expect(await load()).toEqual({ dataDir: 'js' });
    await write('hub.config.ts', 'export default { dataDir: "ts" as string };');
    expect(await load()).toEqual({ dataDir: 'ts' });
  });

  test('one named is taken, and its folder is where relative paths start', async () => {
    const path = await write('conf/other.mts', 'export default { dataDir: "there" };');
    expect(await loadConfig('conf/other.mts', project)).toEqual({
      config: { dataDir: 'there' },
      path,
      baseDir: join(project, 'conf'),
      where: path,
    });
  });

  test('none, or one named that is not there, says what to do', async () => {
    await expectFailure('CONFIG_NOT_FOUND', `no hub.config.ts, .js, .mjs or .json in ${project}; create one`);
    await expectFailure(
      'CONFIG_NOT_FOUND',
      `${join(project, 'gone.ts')}; check the path given with --config`,
      'gone.ts',
    );
  });
});

describe('a config in TypeScript or JavaScript', () => {
  test('imports @penstock/hub and parts of its own', async () => {
    await installPenstock();
    await write('parts.ts', 'export enum Dir { Data = "from-an-enum" }');
    await write(
      'hub.config.ts',
      `import { defineConfig } from '@penstock/hub';
       import { Dir } from './parts.js';
       export default defineConfig({ dataDir: Dir.Data });`,
    );
    expect(await load()).toEqual({ dataDir: 'from-an-enum' });
  });

  test('that does not compile is one line with its place', async () => {
    const path = await write('hub.config.ts', 'export default {\n  dataDir: \n};');
    await expectFailure('CONFIG_LOAD_FAILED', new RegExp(`^${path}:3:1: Unexpected "}"$`));
  });

  test('that throws is one line with what it threw', async () => {
    const path = await write('hub.config.ts', 'const port: number = 1;\nthrow new Error("no port\\nand more");');
    await expectFailure('CONFIG_LOAD_FAILED', new RegExp(`^${path}.*: threw while it was loaded: no port$`));
  });

  test('that imports a package which is not installed names itself, not its compiled form', async () => {
    const path = await write('hub.config.ts', `import 'a-package-that-is-not-there';`);
    await expectFailure('CONFIG_LOAD_FAILED', /a-package-that-is-not-there/);
    await expectFailure('CONFIG_LOAD_FAILED', new RegExp(`${path}; install it in this project$`));
  });

  test('without a default export, or of no known kind, says what to write', async () => {
    await write('hub.config.ts', 'export const config = {};');
    await expectFailure('CONFIG_LOAD_FAILED', 'has no default export; write `export default defineConfig');
    await write('hub.yaml', 'dataDir: data');
    await expectFailure('CONFIG_LOAD_FAILED', 'is neither TypeScript, JavaScript nor JSON by its name', 'hub.yaml');
  });

  test("a source's fault in its options keeps its code and gets the file", async () => {
    await installPenstock();
    const path = await write(
      'hub.config.ts',
      `import { PenstockError } from '@penstock/hub';
       throw new PenstockError('CONFIG_INVALID', 'zeromq(): unknown key "pul"\\nzeromq(): unknown key "psh"');`,
    );
    await expectFailure(
      'CONFIG_INVALID',
      new RegExp(`^${path}: zeromq\\(\\): unknown key "pul"\n${path}: zeromq\\(\\): unknown key "psh"$`),
    );
  });
});

describe('a config in JSON', () => {
  const withSource = (source: unknown) => write('hub.config.json', JSON.stringify({ sources: [source] }));

  test('that is no JSON is told with line and column', async () => {
    const path = await write('hub.config.json', '{\n  "dataDir": oops\n}');
    await expectFailure('CONFIG_LOAD_FAILED', new RegExp(`^${path}:2:14: Unexpected "oops" in JSON$`));
  });

  test('makes its sources from modules: a path beside the file, in TypeScript as well', async () => {
    await write('sources/mine.ts', 'export default (options: object) => ({ type: "mine", options, create() {} });');
    await withSource({ module: './sources/mine.ts', topics: ['a'] });
    expect(await load()).toMatchObject({ sources: [{ type: 'mine', options: { topics: ['a'] } }] });
  });

  test('makes them from packages installed beside the file', async () => {
    await write('node_modules/a-bus/package.json', '{ "name": "a-bus", "type": "module", "main": "index.js" }');
    await write('node_modules/a-bus/index.js', 'export default () => ({ type: "a-bus", create() {} });');
    await withSource({ module: 'a-bus' });
    expect(await load()).toMatchObject({ sources: [{ type: 'a-bus' }] });
  });

  test('says which source has no module, one that cannot be loaded, or one that makes nothing', async () => {
    const path = await withSource({ subscribe: [] });
    await expectFailure('CONFIG_INVALID', `${path}: sources[0]: must be an object with a "module"`);
    await withSource({ module: 'not-installed-anywhere' });
    await expectFailure(
      'CONFIG_INVALID',
      /sources\[0\]\.module: "not-installed-anywhere" cannot be loaded: .*; install it/,
    );
    await write('empty.js', 'export const nothing = 1;');
    await withSource({ module: './empty.js' });
    await expectFailure('CONFIG_INVALID', 'sources[0].module: "./empty.js" has no function as its default export');
    await write('bad.js', 'export default () => { throw new Error("not today"); };');
    await withSource({ module: './bad.js' });
    await expectFailure('CONFIG_INVALID', 'sources[0]: ./bad.js threw: not today');
  });
});
