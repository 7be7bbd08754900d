// The project that `hub init` makes works: its types, its test, its config and its consumer, with the commands that
// its README names.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { freePort } from './support/free-port.js';
import { HUB } from './support/hub-project.js';
import { ROOT } from './support/source-files.js';
import { tempDir } from './support/temp-dir.js';
import { until } from './support/until.js';

let folder: string;

const hub = (...args: string[]): Child => Child.node(HUB, args, { cwd: folder });
const npm = (...args: string[]): Child => Child.spawn('npm', args, { cwd: folder });
const path = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(path(name), 'utf8');

function change(name: string, from: string | RegExp, to: string): void {
  const changed = text(name).replaceAll(from, to);
  expect(changed).not.toBe(text(name));
  writeFileSync(path(name), changed);
}

async function ended(child: Child): Promise<string> {
  const { code } = await child.ended;
  expect({ code, output: child.output }).toMatchObject({ code: 0 });
  return child.output;
}

/** As `npm install` leaves it. */
function install(): void {
  mkdirSync(path('node_modules'));
  for (const name of ['@penstock', '@types', '.bin']) {
    symlinkSync(join(ROOT, 'node_modules', name), path(`node_modules/${name}`));
  }
}

beforeEach(() => {
  folder = tempDir();
});

it('a new project passes its test and its check, and keeps a message that is published', async () => {
  const parent = folder;
  await hub('init', 'my-hub').line(/^ {2}cd my-hub /);
  folder = join(parent, 'my-hub');
  install();
  for (const [port, mark] of [await freePort(), await freePort()].map((port, at) => [port, [9940, 9464][at]])) {
    change('hub.config.ts', String(mark), String(port));
  }

  expect(JSON.parse(text('package.json')).scripts.start).toBe('hub run');
  expect(await ended(npm('test'))).toMatch(/^# pass 1$/m);
  expect(await ended(npm('run', 'check'))).toMatch(
    /^archive +\.\/consumers\/archive\.ts +Archive +example\.> +1 +1 +new$/m,
  );
  expect(existsSync(path('data')), 'neither has made a data directory').toBe(false);

  // What `npm start` runs; npm itself does not hand every signal on.
  const running = hub('run');
  await running.line(/^hub: ready$/);
  await ended(hub('publish', 'example.hello', 'Hello'));
  await running.line(/kept example\.hello/);
  const kept = await until(
    'the message is in the file',
    () => existsSync(path('archive.jsonl')) && text('archive.jsonl'),
  );
  expect(JSON.parse(kept)).toMatchObject({ topic: 'example.hello', text: 'Hello' });
  expect(await ended(npm('run', 'status'))).toMatch(/^archive +0 /m);
  expect(await ended(npm('run', 'check')), 'also beside the running hub').toContain('in order');
  running.kill('SIGINT');
  expect(await running.ended).toEqual({ code: 0, signal: null });
});

it('the test of the project fails when its consumer does something else', async () => {
  await ended(hub('init'));
  install();
  change('consumers/archive.ts', 'text: message.text()', "text: ''");
  const run = npm('test');
  expect(await run.ended).not.toMatchObject({ code: 0 });
  expect(run.output).toMatch(/^# fail 1$/m);
});

it('files in the way are named, and nothing is written', async () => {
  writeFileSync(path('hub.config.ts'), '// mine');
  mkdirSync(path('consumers'));
  const refused = hub('init');
  expect(await refused.ended).toMatchObject({ code: 55 });
  expect(refused.lines).toEqual([
    `hub: ${folder} has hub.config.ts already; choose an empty directory, or write over them with --force`,
  ]);
  expect(text('hub.config.ts')).toBe('// mine');
  expect(existsSync(path('package.json'))).toBe(false);
});

it('--force writes over them, and a package.json keeps what else it has', async () => {
  writeFileSync(path('hub.config.ts'), '// mine');
  writeFileSync(path('package.json'), '{ "name": "mine", "dependencies": { "@penstock/hub": "file:../hub.tgz" } }');
  const forced = hub('init', '--force', '--json');
  const { directory, files } = JSON.parse(await ended(forced)) as { directory: string; files: string[] };
  expect(directory).toBe(folder);
  expect(files).toContain('hub.config.ts');
  expect(text('hub.config.ts')).toContain('defineConfig');
  expect(JSON.parse(text('package.json'))).toMatchObject({
    name: 'mine',
    type: 'module',
    dependencies: { '@penstock/hub': 'file:../hub.tgz' },
  });
});

it.each([
  ['a file where the directory is to be', 'file', ''],
  ['a package.json that is not JSON', '.', '{'],
])('%s is one line that says so, and nothing is written', async (_what, directory, manifest) => {
  writeFileSync(path('file'), '');
  if (manifest !== '') writeFileSync(path('package.json'), manifest);
  const failed = hub('init', directory, '--force');
  expect(await failed.ended).toMatchObject({ code: 56 });
  expect(failed.lines).toHaveLength(1);
  expect(existsSync(path('hub.config.ts'))).toBe(false);
});

it('what was begun is taken away again when not all can be written', async () => {
  symlinkSync('/nonexistent', path('consumers'));
  const failed = hub('init');
  expect(await failed.ended).toMatchObject({ code: 56 });
  expect(readdirSync(folder)).toEqual(['consumers']);
});

it.runIf(existsSync('/proc/self'))('a place where nothing can be made is told at once', async () => {
  const failed = hub('init', '/proc/my-hub/inner');
  expect(await failed.ended).toMatchObject({ code: 56 });
  expect(failed.output).toMatch(/^hub: no project can be made in \/proc\/my-hub\/inner: ENOENT/);
});
