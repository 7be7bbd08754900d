// `hub init`: writes a small working project, all of it or nothing when a file is in the way.
import { lstatSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { PenstockError } from '@penstock/hub';
import { lookOf } from '../table/look.js';
import { widthOf } from '../table/text.js';
import { makeFolders } from './folders.js';
import { type Manifest, manifestFor, templateFiles } from './project.js';

const MANIFEST = 'package.json';

/** Some editors put it before the text, where npm reads over it. */
const BYTE_ORDER_MARK = /^\ufeff/;

export interface InitOptions {
  /** Whether to write over files that are in the way. */
  readonly force?: boolean;
  readonly json?: boolean;
}

/**
 * @param directory Where to make the project, relative to the working directory.
 * @throws PROJECT_IN_THE_WAY naming what is there; PROJECT_NOT_WRITTEN when the directory cannot be written.
 */
export async function init(directory: string, { force = false, json = false }: InitOptions): Promise<void> {
  const folder = resolve(directory);
  const files = await templateFiles();
  const names = [MANIFEST, ...files.keys()].toSorted();
  try {
    const inTheWay = names.filter((name) => isThere(join(folder, name)));
    if (inTheWay.length > 0 && !force) throw inTheWayError(folder, inTheWay);
    files.set(MANIFEST, await manifestText(folder));
    await writeAll(folder, files, force);
  } catch (cause) {
    if (cause instanceof PenstockError) throw cause;
    throw new PenstockError(
      'PROJECT_NOT_WRITTEN',
      `no project can be made in ${folder}: ${(cause as Error).message}; choose another directory, or ${remedyFor(cause)}`,
      { cause },
    );
  }
  const made = { directory: folder, files: names };
  process.stdout.write(`${json ? JSON.stringify(made) : nextSteps(made.files, relative(process.cwd(), folder))}\n`);
}

const remedyFor = (cause: unknown): string =>
  (cause as NodeJS.ErrnoException).code === 'ENOSPC' ? 'make room on its disk' : 'change its permissions';

const inTheWayError = (folder: string, names: readonly string[]): PenstockError =>
  new PenstockError(
    'PROJECT_IN_THE_WAY',
    `${folder} has ${names.join(', ')} already; choose an empty directory, or write over them with --force`,
  );

async function manifestText(folder: string): Promise<string> {
  const path = join(folder, MANIFEST);
  const existing = isThere(path)
    ? parseManifest((await readFile(path, 'utf8')).replace(BYTE_ORDER_MARK, ''), path)
    : undefined;
  return `${JSON.stringify(manifestFor(folder, existing), undefined, 2)}\n`;
}

function parseManifest(text: string, path: string): Manifest {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Manifest;
    throw new Error('it is no object');
  } catch (cause) {
    throw new PenstockError(
      'PROJECT_NOT_WRITTEN',
      `${path} cannot be read, so that its dependencies cannot be kept: ${(cause as Error).message}; repair or remove it`,
      { cause },
    );
  }
}

/** What was begun is taken away again when not all can be written: it would be in the way of the next try. */
async function writeAll(folder: string, files: ReadonlyMap<string, string>, over: boolean): Promise<void> {
  const made: string[] = [];
  try {
    for (const [name, text] of files) {
      const path = join(folder, name);
      await makeFolders(dirname(path));
      if (!isThere(path)) made.push(path);
      await writeFile(path, text, { flag: over ? 'w' : 'wx' });
    }
  } catch (error) {
    for (const path of made) await rm(path, { force: true });
    throw error;
  }
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** What to type next, each with what it does. */
function nextSteps(files: readonly string[], folder: string): string {
  const { bold, dim } = lookOf().colours;
  const steps: readonly (readonly [command: string, what: string])[] = [
    ...(folder === ''
      ? []
      : [[`cd ${/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)}`, 'where the project is'] as const]),
    ['npm install --ignore-scripts', 'README.md says how while the packages are on no registry'],
    ['npm test', 'runs the consumer in a hub of its own'],
    ['npm start', 'runs the hub until Ctrl-C'],
    ['npx hub publish example.hello Hello', 'in a second terminal: a message for it'],
    ['npm run status', 'what became of it'],
  ];
  const longest = steps.reduce((most, [command]) => Math.max(most, widthOf(command)), 0);
  return [
    `${bold('Made')}: ${files.join(', ')}`,
    '',
    bold('Next:'),
    ...steps.map(([command, what]) => `  ${command + ' '.repeat(longest - widthOf(command))}  ${dim(`# ${what}`)}`),
  ].join('\n');
}
