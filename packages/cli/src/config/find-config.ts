// Where the config file is: named on the command line, or one of four names in the working directory.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PenstockError } from '@penstock/hub';

/** What a config file is called, in the order in which they are looked for. */
const CONFIG_NAMES = ['hub.config.ts', 'hub.config.js', 'hub.config.mjs', 'hub.config.json'] as const;

/**
 * @param named What `--config` says, relative to `folder`; undefined to look for one.
 * @param folder The working directory.
 * @returns Absolute path of a file that exists.
 * @throws CONFIG_NOT_FOUND
 */
export function findConfig(named: string | undefined, folder: string): string {
  if (named !== undefined) {
    const path = resolve(folder, named);
    if (existsSync(path)) return path;
    throw new PenstockError('CONFIG_NOT_FOUND', `there is no config file ${path}; check the path given with --config`);
  }
  const found = CONFIG_NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new PenstockError(
    'CONFIG_NOT_FOUND',
    `there is no hub.config.ts, .js, .mjs or .json in ${folder}; create one there, or name one with --config FILE`,
  );
}
