// Seeded damage to one file of a data directory, as disks and file systems do it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Random } from '../random.js';

/** Bytes that are zeroed at once, at most: a page. */
const MOST_ZEROED_BYTES = 4_096;

/** Each changes the bytes or gives others, from a place on. */
const DAMAGES: Readonly<Record<string, (bytes: Buffer, at: number, random: Random) => Buffer>> = {
  'a flipped bit': (bytes, at, random) => {
    bytes[at] = (bytes[at] as number) ^ (1 << random.between(0, 7));
    return bytes;
  },
  'a cut': (bytes, at) => bytes.subarray(0, at),
  'zeroed bytes': (bytes, at, random) =>
    bytes.fill(0, at, Math.min(bytes.length, at + random.between(1, MOST_ZEROED_BYTES))),
};

/**
 * Damages one file, drawn by its kind first: there are few of some.
 *
 * @param dataDir A data directory that no hub runs on.
 * @param only The ends of the names that are drawn from.
 * @returns What was done, for people.
 */
export function damageOneFile(dataDir: string, random: Random, only = ''): string {
  const paths = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.endsWith(only) && isDamageable(relative(dataDir, path)))
    .toSorted();
  const kind = random.pick([...new Set(paths.map(kindOf))]);
  const path = random.pick(paths.filter((each) => kindOf(each) === kind));
  const how = random.pick(Object.keys(DAMAGES));
  const bytes = readFileSync(path);
  const at = random.between(0, Math.max(0, bytes.length - 1));
  const damaged = bytes.length === 0 ? bytes : DAMAGES[how]?.(bytes, at, random);
  writeFileSync(path, damaged ?? bytes);
  return `${how} at ${at} of ${relative(dataDir, path)}`;
}

/**
 * The lock, the reserve and spare segments mean nothing to the next hub, and what is in the quarantine is damaged already.
 * Dead letters are not counted as messages that were settled, so that there is no count to hold what is missing against.
 */
const isDamageable = (path: string): boolean =>
  !/(^|\/)(quarantine|dead)\//.test(path) && !/^(lock|reserve|spare-\d+)/.test(basename(path));

/** A file's name without its numbers, and its folder's where all names there are numbers. */
const kindOf = (path: string): string =>
  basename(path).replace(/[\d-]+/g, '') + (path.includes('/settled/') ? 'settled' : '');
