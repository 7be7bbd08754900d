// `hub fsck`: checks every file of a data directory on which no hub runs, and mends what can be mended. A repair mends all
// that a check has found and checks again, until there is nothing left that it can mend.
import { existsSync } from 'node:fs';
import { setImmediate as breath } from 'node:timers/promises';
import { PenstockError } from '../../errors.js';
import { DirectoryLock } from '../../files/directory-lock.js';
import { type Files, isMissing } from '../../files/files.js';
import { NodeFiles } from '../../files/node-files.js';
import { quarantineDirectory } from '../../files/quarantine.js';
import { usingDirectory } from '../../files/unusable-directory.js';
import { segmentName } from '../../journal/segment.js';
import { refuseNewerFormats } from '../newer-formats.js';
import { checkJournal, segmentPositions } from './check-journal.js';
import { checkQueues } from './check-queues.js';
import { checkTree } from './check-tree.js';
import { examine } from './examine.js';
import type { Finding, Found } from './finding.js';

/** What one repair brings to light, the next mends: damaged records show once their index file is whole again. */
const MOST_ROUNDS = 6;

export interface FsckOptions {
  /** Whether to mend what can be mended. */
  readonly repair: boolean;
  /** Called with how many bytes of the journal are checked, of how many. */
  readonly progress: (done: number, total: number) => void;
}

export interface FsckReport {
  /** All that was found, in the order of the files; behind it, losses that a repair has brought to light. */
  readonly findings: readonly Finding[];
  /** What is still so; without a repair, all that was found. */
  readonly left: readonly Finding[];
  /** What lies in `quarantine/`. */
  readonly quarantined: { readonly files: number; readonly bytes: number };
}

/**
 * Checks a data directory.
 *
 * @param dataDirectory An absolute path.
 * @throws DATA_DIR_LOCKED while a hub runs on it; DATA_DIR_UNUSABLE when there is none, or it cannot be read or written;
 *   DATA_FORMAT_UNSUPPORTED when a newer Penstock wrote it.
 */
export async function fsck(dataDirectory: string, { repair, progress }: FsckOptions): Promise<FsckReport> {
  if (!['hub.json', 'journal', 'queues'].some((name) => existsSync(`${dataDirectory}/${name}`))) {
    throw new PenstockError(
      'DATA_DIR_UNUSABLE',
      `there is nothing to check in ${dataDirectory}: no hub has ever run on it; name another with --data-dir or --config`,
    );
  }
  const lock = DirectoryLock.acquire(dataDirectory);
  try {
    const files = new NodeFiles({ durable: true });
    // Or what a newer Penstock wrote would be taken for damage, and be mended.
    refuseNewerFormats(files, dataDirectory);
    const findings = await check(files, dataDirectory, progress);
    let left = findings;
    for (let round = 1; repair && round <= MOST_ROUNDS && left.some(({ mend }) => mend !== undefined); round++) {
      usingDirectory(dataDirectory, 'cannot be repaired', () => mendAll(left));
      left = await check(files, dataDirectory, progress);
      findings.push(...left.filter((found) => found.lost.length > 0 && !findings.some((each) => isSame(each, found))));
    }
    return { findings: findings.map(told), left: left.map(told), quarantined: quarantined(files, dataDirectory) };
  } finally {
    lock.release();
  }
}

/** Each once, also where one mends several findings. */
function mendAll(found: readonly Found[]): void {
  for (const mend of new Set(found.map(({ mend }) => mend))) {
    try {
      mend?.();
    } catch (error) {
      // Another has set the file aside, or has to be mended first; the next round sees what is left.
      const isDamaged = error instanceof PenstockError && error.code === 'DATA_DAMAGED';
      if (!isMissing(error) && !isDamaged) throw error;
    }
  }
}

/** Whether two checks have found the same. */
const isSame = (a: Finding, b: Finding): boolean =>
  a.path === b.path && a.problem === b.problem && a.bytes?.from === b.bytes?.from;

const told = ({ mend: _, ...finding }: Found): Finding => finding;

async function check(files: Files, path: string, progress: FsckOptions['progress']): Promise<Found[]> {
  const total = segmentPositions({ files, path }).reduce(
    (sum, first) => sum + files.size(`${path}/journal/${segmentName(first)}`),
    0,
  );
  let done = 0;
  const findings: Found[] = [];
  const examined = examine(files, path, (found) => findings.push(found));
  const add = async (checks: Iterable<Found | number>) => {
    for (const found of checks) {
      if (typeof found !== 'number') findings.push(found);
      else {
        done += found;
        progress(done, total);
      }
      // Or nothing could be shown of how far it is.
      await breath();
    }
  };
  await add(checkTree(examined));
  await add(checkJournal(examined));
  await add(checkQueues(examined));
  return findings;
}

function quarantined(files: Files, path: string): FsckReport['quarantined'] {
  const directory = quarantineDirectory(path);
  const names = files.list(directory);
  return { files: names.length, bytes: names.reduce((sum, name) => sum + files.size(`${directory}/${name}`), 0) };
}
