// Reads a config file of any kind that Penstock takes and gives what it says, unchecked: the hub has the table of
// options and checks them. What goes wrong on the way is told in one line that starts with the file.
import { dirname, extname } from 'node:path';
import { type HubConfig, PenstockError } from '@penstock/hub';
import { compileModule } from '../compile/compile.js';
import { CompileError, shownPath } from '../compile/compile-error.js';
import { isPenstockError } from '../failure.js';
import { inFile, thrownWhileLoading } from './config-error.js';
import { findConfig } from './find-config.js';
import { readJsonConfig } from './json-config.js';

/** A config and where it came from. */
export interface ConfigFile {
  readonly config: HubConfig;
  /** Absolute path of the file. */
  readonly path: string;
  /** The directory that relative paths in it start from. */
  readonly baseDir: string;
  /** How messages name it. */
  readonly where: string;
}

const MODULE = /\.[cm]?[jt]s$/;

/**
 * Finds and reads the config file. Turns on source maps for stack traces, since what it loads was compiled.
 *
 * @param named The file, relative to `folder`; undefined to look for `hub.config.ts`, `.js`, `.mjs` or `.json`.
 * @param folder The working directory.
 * @throws CONFIG_NOT_FOUND, CONFIG_LOAD_FAILED, CONFIG_INVALID; what else a source's factory throws on its options.
 */
export async function loadConfig(named?: string, folder: string = process.cwd()): Promise<ConfigFile> {
  const path = findConfig(named, folder);
  const where = shownPath(path);
  const read = extname(path) === '.json' ? readJsonConfig : readModuleConfig;
  return { config: (await read(path, where)) as HubConfig, path, baseDir: dirname(path), where };
}

async function readModuleConfig(path: string, where: string): Promise<unknown> {
  if (!MODULE.test(path)) {
    throw new PenstockError('CONFIG_LOAD_FAILED', `${where}: is neither TypeScript, JavaScript nor JSON by its name`);
  }
  const module = await importConfig(path, where);
  if (module.default === undefined) {
    throw new PenstockError(
      'CONFIG_LOAD_FAILED',
      `${where}: has no default export; write \`export default defineConfig({ … })\``,
    );
  }
  return module.default;
}

async function importConfig(path: string, where: string): Promise<{ default?: unknown }> {
  process.setSourceMapsEnabled(true);
  let url: string | undefined;
  try {
    url = await compileModule(path);
    return (await import(url)) as { default?: unknown };
  } catch (error) {
    if (error instanceof CompileError) throw new PenstockError('CONFIG_LOAD_FAILED', error.message, { cause: error });
    if (isPenstockError(error)) throw inFile(error, where);
    throw new PenstockError('CONFIG_LOAD_FAILED', thrownWhileLoading(error, path, url, where), { cause: error });
  }
}
