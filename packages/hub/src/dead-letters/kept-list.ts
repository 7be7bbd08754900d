// `kept.json` in a queue's folder of dead letters: which files there were when the hub started, and how many letters each
// had. Without it, nothing would tell of a file that is gone. Written by the main thread at start, where that has changed.
import { PenstockError } from '../errors.js';
import { decodeChecked, encodeChecked, type FormattedFile } from '../files/checked-json.js';
import { type Files, isMissing, readWhole, replaceFile } from '../files/files.js';
import { deadDirectory } from './file-names.js';

/** Its name. */
export const KEPT_FILE = 'kept.json';

/** What this Penstock writes, and the most that it reads. */
export const KEPT_FORMAT = 2;

interface KeptFile extends FormattedFile {
  /** By the name of the file: how many letters it had, and its id in hexadecimal. */
  readonly files: Readonly<Record<string, readonly [letters: number, id: string]>>;
}

/** What a file had at the last start. */
export interface KeptLetters {
  readonly letters: number;
  /** The file's. */
  readonly id: bigint;
}

/**
 * What each file had, by its name.
 *
 * @returns Nothing where there is no list: then it vouches for none. `damaged` when it is not what was written.
 * @throws DATA_FORMAT_UNSUPPORTED when a newer Penstock wrote it.
 */
export function readKept(files: Files, queueDirectory: string): ReadonlyMap<string, KeptLetters> | 'damaged' {
  const path = `${deadDirectory(queueDirectory)}/${KEPT_FILE}`;
  try {
    const { format, files: kept } = decodeChecked<KeptFile>(readWhole(files, path), KEPT_FORMAT);
    if (format > KEPT_FORMAT) {
      throw new PenstockError(
        'DATA_FORMAT_UNSUPPORTED',
        `${path} has format ${format}; this Penstock reads up to ${KEPT_FORMAT}`,
      );
    }
    return new Map(Object.entries(kept).map(([name, [letters, id]]) => [name, { letters, id: BigInt(`0x${id}`) }]));
  } catch (error) {
    if (error instanceof PenstockError) throw error;
    return isMissing(error) ? new Map() : 'damaged';
  }
}

/** Replaces the list, when it would say something else; where nothing is kept, there is none. */
export function writeKept(files: Files, queueDirectory: string, kept: ReadonlyMap<string, KeptLetters>): void {
  const before = readKept(files, queueDirectory);
  const isSame =
    before !== 'damaged' &&
    before.size === kept.size &&
    [...kept].every(([name, { letters }]) => before.get(name)?.letters === letters);
  if (isSame) return;
  if (kept.size === 0) {
    files.remove(`${deadDirectory(queueDirectory)}/${KEPT_FILE}`);
    files.syncDirectory(deadDirectory(queueDirectory));
    return;
  }
  const list = [...kept].map(([name, { letters, id }]) => [name, [letters, id.toString(16)]] as const);
  const content: KeptFile = { format: KEPT_FORMAT, files: Object.fromEntries(list) };
  files.makeDirectory(deadDirectory(queueDirectory));
  replaceFile(files, deadDirectory(queueDirectory), KEPT_FILE, encodeChecked(content));
}
