// `hub.json`, the small file that says what a data directory is: read by the hub that starts there, and by whoever
// looks at a data directory on which none runs.
import { PenstockError } from '../errors.js';
import { type Files, isMissing, readWhole, replaceFile } from './files.js';
import { usingDirectory } from './unusable-directory.js';

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
 * @throws DATA_DIR_UNUSABLE, DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED
 */
export function readHubFile(files: Files, dataDirectory: string): HubFile | undefined {
  const path = `${dataDirectory}/${NAME}`;
  const bytes = usingDirectory(dataDirectory, 'cannot be read', () => readIfThere(files, path));
  if (bytes === undefined) return undefined;
  let file: HubFile;
  try {
    file = JSON.parse(new TextDecoder().decode(bytes)) as HubFile;
    if (typeof file?.format !== 'number') throw new Error('it is no object with a format');
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

/** Replaces it, whole or not at all. */
export function writeHubFile(files: Files, dataDirectory: string, file: HubFile): void {
  replaceFile(files, dataDirectory, NAME, new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`));
}
