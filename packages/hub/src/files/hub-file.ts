// `hub.json`, the small file that says what a data directory is: read by the hub that starts there, and by whoever
// looks at a data directory on which none runs.
import { PenstockError } from '../errors.js';
import { type Files, isMissing, readWhole, replaceFile } from './files.js';

const NAME = 'hub.json';

/** What this Penstock writes, and the most that it reads. */
export const DATA_FORMAT = 1;

/** What `hub.json` says. */
export interface HubFile {
  readonly format: number;
  /** Names this hub's messages: the first part of every id that a message did not bring. */
  readonly hubId: string;
  /** A queue number that was never used. */
  readonly nextQueueNumber: number;
  /** Whether the last hub here stopped as it should, and so needs no recovery. */
  readonly clean: boolean;
}

/**
 * Reads it.
 *
 * @returns Undefined where there is none: no hub has run there.
 * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED
 */
export function readHubFile(files: Files, dataDirectory: string): HubFile | undefined {
  const path = `${dataDirectory}/${NAME}`;
  let file: HubFile;
  try {
    file = JSON.parse(new TextDecoder().decode(readWhole(files, path))) as HubFile;
    if (typeof file?.format !== 'number') throw new Error('it is no object with a format');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
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

/** Replaces it, whole or not at all. */
export function writeHubFile(files: Files, dataDirectory: string, file: HubFile): void {
  replaceFile(files, dataDirectory, NAME, new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`));
}
