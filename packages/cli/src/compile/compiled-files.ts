// The cache of compiled modules on disk: for each source module a manifest of what went in, and the JavaScript
// in a file named for its content, so that a running hub and a newly started one never see half of each other's.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import type { Bundle } from './bundle.js';
import { contentHash } from './content-hash.js';
import { tsconfigsAbove } from './tsconfig.js';

/** Changes whenever the same input would compile to something else: esbuild's version, and our options to it. */
const COMPILER = `esbuild ${(createRequire(import.meta.url)('esbuild/package.json') as { version: string }).version}, 1`;

/** Compiled forms kept of one module: a hub that still runs an older one starts its threads from it again. */
const VERSIONS_KEPT = 8;

/** A temporary file of a process that ended while it wrote is removed when it is this old. */
const LEFTOVER_AGE_MS = 60_000;

interface Manifest {
  readonly compiler: string;
  readonly output: string;
  /** Absolute path to content hash; null for a file that was not there and would matter if it were. */
  readonly inputs: Readonly<Record<string, string | null>>;
}

/**
 * The folders that a module's compiled form may lie in, best first. From each of them a bare import such as
 * `@penstock/hub` resolves to what it would from the module itself: hence no folder is above the nearest `node_modules`,
 * although the package.json may be.
 */
export function cacheFoldersFor(source: string): readonly string[] {
  const beside = join(dirname(source), '.penstock');
  for (let folder = dirname(source); ; folder = dirname(folder)) {
    const packages = join(folder, 'node_modules');
    if (existsSync(packages) || existsSync(join(folder, 'package.json'))) {
      return [join(packages, '.cache', 'penstock'), beside];
    }
    if (folder === dirname(folder)) return [beside];
  }
}

/** The compiled form of `source` in one of `folders`, when nothing that went into it has changed. */
export async function findCompiled(folders: readonly string[], source: string): Promise<string | undefined> {
  for (const folder of folders) {
    const manifest = await readManifest(folder, source);
    if (manifest !== undefined && (await isCurrent(manifest, folder))) return join(folder, manifest.output);
  }
  return undefined;
}

/** Writes a compiled form and its manifest, each by rename, and removes what is too old. Returns the path. */
export async function storeCompiled(folder: string, source: string, { code, inputs }: Bundle): Promise<string> {
  const stem = stemOf(source);
  const output = `${stem}-${contentHash(code)}.mjs`;
  const configs = await Promise.all(tsconfigsAbove(inputs.keys()).map(async (path) => [path, await hashOf(path)]));
  const manifest: Manifest = {
    compiler: COMPILER,
    output,
    inputs: Object.fromEntries([...inputs, ...configs]),
  };
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, output), code);
  await writeWhole(join(folder, `${stem}.json`), JSON.stringify(manifest, undefined, 2));
  await removeOld(folder, stem);
  return join(folder, output);
}

/** Names all files of one module: readable, and apart from a module of the same name elsewhere. */
const stemOf = (source: string): string => `${basename(source, extname(source))}-${contentHash(source).slice(0, 8)}`;

async function readManifest(folder: string, source: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, `${stemOf(source)}.json`), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

async function isCurrent(manifest: Manifest, folder: string): Promise<boolean> {
  if (manifest.compiler !== COMPILER || !existsSync(join(folder, manifest.output))) return false;
  const checks = Object.entries(manifest.inputs).map(async ([path, hash]) => (await hashOf(path)) === hash);
  return (await Promise.all(checks)).every(Boolean);
}

async function hashOf(path: string): Promise<string | null> {
  try {
    return contentHash(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function removeOld(folder: string, stem: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${stem}-`) || name.startsWith(`${stem}.`));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return {
        path,
        mtimeMs: await stat(path).then(
          (found) => found.mtimeMs,
          () => 0,
        ),
      };
    }),
  );
  const versions = files.filter(({ path }) => path.endsWith('.mjs')).sort((a, b) => b.mtimeMs - a.mtimeMs);
  const leftovers = files.filter(
    ({ path, mtimeMs }) => path.endsWith('.tmp') && mtimeMs < Date.now() - LEFTOVER_AGE_MS,
  );
  const old = [...versions.slice(VERSIONS_KEPT), ...leftovers];
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}
