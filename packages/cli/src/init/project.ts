// The files of a new project: those of the package's template folder, and a package.json made for it.
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../version.js';

const TEMPLATE = fileURLToPath(new URL('../../template', import.meta.url));

/** npm leaves a file called `.gitignore` out of a package, so that it lies there under another name. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore' };

/** What a project is called whose directory's name has nothing that may stand in a package's name. */
const FALLBACK_NAME = 'my-hub';

/** A package.json as far as a project's maker deals with it. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** Every file but package.json: its text by its path in the project, with forward slashes. */
export async function templateFiles(): Promise<Map<string, string>> {
  const entries = await readdir(TEMPLATE, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const named = files.toSorted().map(async (path) => {
    const name = relative(TEMPLATE, path).split(sep).join('/');
    return [RENAMED[name] ?? name, await readFile(path, 'utf8')] as const;
  });
  return new Map(await Promise.all(named));
}

/**
 * The package.json of a new project.
 *
 * @param directory Absolute path of the project, which is named for it.
 * @param existing What is there already: its other keys and scripts, and its versions of what it depends on, stay.
 */
export function manifestFor(directory: string, existing: Manifest = {}): Manifest {
  return {
    name: packageName(basename(directory)),
    private: true,
    ...existing,
    type: 'module',
    engines: { node: '>=20.19' },
    scripts: {
      ...existing.scripts,
      start: 'hub run',
      check: 'tsc && hub check',
      test: 'node --test',
      status: 'hub status',
    },
    dependencies: {
      '@penstock/cli': VERSION,
      '@penstock/hub': VERSION,
      '@penstock/zeromq': VERSION,
      ...existing.dependencies,
    },
    devDependencies: { '@types/node': '^20.19.0', typescript: '^7.0.2', ...existing.devDependencies },
  };
}

/** The nearest name that npm takes: lower case, and no other characters than letters, digits, ".", "_" and "-". */
function packageName(wanted: string): string {
  return (
    wanted
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/g, '-')
      .replace(/^[._-]+|[-]+$/g, '')
      .slice(0, 214) || FALLBACK_NAME
  );
}
