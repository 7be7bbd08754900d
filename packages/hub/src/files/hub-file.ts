// `hub.json`, the small file that says what a data directory is: read by the hub that starts there, and by whoever
// looks at a data directory on which none runs.
import { randomBytes } from 'node:crypto';
import { PenstockError } from '../errors.js';
import { decodeChecked, encodeChecked } from './checked-json.js';
import { type Files, isMissing, readWhole, replaceFile } from './files.js';
import { usingDirectory } from './unusable-directory.js';

/** Its name in a data directory. */
export const HUB_FILE = 'hub.json';

/** What this Penstock writes, and the most that it reads. */
export const DATA_FORMAT = 2;

/** What `hub.json` says. */
export interface HubFile {
  readonly format: number;
  /** Names this hub's messages: the first part of every id that a message did not bring. */
  readonly hubId: string;
  /** A queue number that was never used. */
  readonly nextQueueNumber: number;
  /** Whether the last hub here stopped as it should, and so needs no recovery. */
  readonly clean: boolean;
  /** How far all had come when it did; what an older Penstock wrote has none. */
  readonly ends?: JournalEnds | undefined;
  /** The format that its files had before an upgrade that is not done yet. */
  readonly upgradingFrom?: number;
}

/** Where a hub stopped in order: whatever is there less at the next start is lost. */
export interface JournalEnds {
  /** Of the next record in the journal. */
  readonly position: number;
  /** Entries ever put into each queue, by its number. */
  readonly queues: Readonly<Record<number, number>>;
}

/**
 * Reads it.
 *
 * @returns Undefined where there is none: no hub has run there.
 * @throws DATA_DIR_UNUSABLE, DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED
 */
export function readHubFile(files: Files, dataDirectory: string): HubFile | undefined {
  const path = `${dataDirectory}/${HUB_FILE}`;
  const bytes = usingDirectory(dataDirectory, 'cannot be read', () => readIfThere(files, path));
  if (bytes === undefined) return undefined;
  let file: HubFile;
  try {
    file = decodeChecked<HubFile>(bytes, DATA_FORMAT);
  } catch (cause) {
    throw new PenstockError('DATA_DAMAGED', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (file.format > DATA_FORMAT) {
    throw new PenstockError(
      'DATA_FORMAT_UNSUPPORTED',
      `${path} has format ${file.format}; this Penstock reads up to ${DATA_FORMAT}`,
    );
  }
  return file;
}

function readIfThere(files: Files, path: string): Uint8Array | undefined {
  try {
    return readWhole(files, path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * What a directory is of which nothing is said: new, or one whose queues have the numbers that their folders bear.
 *
 * @param inJournal Numbers that the journal knows: of queues that were removed, too.
 */
export function freshHubFile(files: Files, dataDirectory: string, inJournal: readonly number[]): HubFile {
  const inFolders = files.list(`${dataDirectory}/queues`).map((folder) => Number.parseInt(folder, 10) || 0);
  const nextQueueNumber = [...inFolders, ...inJournal].reduce((most, number) => Math.max(most, number), 0) + 1;
  return { format: DATA_FORMAT, hubId: randomBytes(6).toString('hex'), nextQueueNumber, clean: false };
}

/** Replaces it, whole or not at all. */
export function writeHubFile(files: Files, dataDirectory: string, file: HubFile): void {
  replaceFile(files, dataDirectory, HUB_FILE, encodeChecked(file));
}
