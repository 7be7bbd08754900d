// Checks what lies where in a data directory, and who may read it: directories have mode 0700 and files 0600, whatever the
// umask; what a hub left half made may go; what is not a hub's is told of and left alone.
import { chmodSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { parseDeadFileName, parseRemovedLogName } from '../../dead-letters/file-names.js';
import { KEPT_FILE } from '../../dead-letters/kept-list.js';
import { parseName } from '../../files/quarantine.js';
import { positionOfName } from '../../journal/segment.js';
import type { Examined } from './examined.js';
import { damage, type Found, note } from './finding.js';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** What a directory of ours may hold, by its path below the data directory. */
const KNOWN: readonly (readonly [directory: RegExp, isKnown: (name: string) => boolean])[] = [
  [/^$/, (name) => /^(hub\.json|lock|lock\.owner.*|control\.sock|\.ctl|reserve|journal|queues|quarantine)$/.test(name)],
  [/^journal$/, (name) => positionOfName(name, '.seg') !== undefined || /^spare-\d+$/.test(name)],
  [/^queues$/, (name) => /^\d+-[A-Za-z0-9_-]{1,64}$/.test(name)],
  [
    /^queues\/[^/]+$/,
    (name) => /^(queue\.json|settled|dead)$/.test(name) || positionOfName(name, '.idx') !== undefined,
  ],
  [/^queues\/[^/]+\/settled$/, (name) => /^(main|overflow|t\d+)-\d+\.log$/.test(name)],
  [
    /^queues\/[^/]+\/dead$/,
    (name) => name === KEPT_FILE || parseDeadFileName(name) !== undefined || parseRemovedLogName(name) !== undefined,
  ],
  [/^quarantine$/, (name) => parseName(name) !== undefined],
];

/** A queue that was removed; where an upgrade makes its files. */
const LEFTOVER = /^\d+-[A-Za-z0-9_-]{1,64}\.removed$|^upgrade$/;
/** What a file's name ends with while it is made. */
const BEGUN = '.tmp';

export function* checkTree(examined: Examined): Generator<Found, void> {
  yield* checkMode(examined.path, '.', lstatSync(examined.path));
  yield* checkDirectory(examined, '');
}

function* checkDirectory(examined: Examined, directory: string): Generator<Found, void> {
  const isKnown = KNOWN.find(([pattern]) => pattern.test(directory))?.[1];
  const inside = directory === '' ? examined.path : `${examined.path}/${directory}`;
  for (const name of readdirSync(inside).sort()) {
    const path = directory === '' ? name : `${directory}/${name}`;
    const stats = lstatSync(`${inside}/${name}`);
    const isBegun = name.endsWith(BEGUN) && isKnown?.(name.slice(0, -BEGUN.length)) === true;
    if (isBegun || (LEFTOVER.test(name) && isKnown !== undefined)) {
      const mend = () => examined.files.remove(`${inside}/${name}`);
      yield note({ path, problem: 'it was being made or removed when its hub ended', repair: 'it is removed', mend });
      continue;
    }
    if (isKnown?.(name) !== true) {
      yield note({ path, problem: 'it is none of a hub’s files, and is left alone' });
      continue;
    }
    yield* checkMode(`${inside}/${name}`, path, stats);
    if (stats.isDirectory()) yield* checkDirectory(examined, path);
  }
}

function* checkMode(absolute: string, path: string, stats: Stats): Generator<Found, void> {
  if (stats.isSymbolicLink()) return;
  const wanted = stats.isDirectory() ? DIRECTORY_MODE : FILE_MODE;
  const mode = stats.mode & 0o777;
  if (mode === wanted) return;
  const octal = (bits: number) => bits.toString(8).padStart(4, '0');
  const mend = () => chmodSync(absolute, wanted);
  // The data directory itself may be somebody's choice: what is in it is closed.
  const found = path === '.' ? note : damage;
  yield found({ path, problem: `its mode is ${octal(mode)}`, repair: `it gets mode ${octal(wanted)}`, mend });
}
