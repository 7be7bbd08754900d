// `queue.json`, the small file in a queue's folder that says what it is. A damaged one keeps no hub from starting: number
// and name are in the folder's name, and what its consumer has comes from the config.
import type { OrderKey, StartFrom } from '../consumer.js';
import { PenstockError } from '../errors.js';
import { decodeChecked, encodeChecked } from '../files/checked-json.js';
import { type Files, isMissing, readWhole, replaceFile } from '../files/files.js';

/** What this Penstock writes, and the most that it reads. */
export const QUEUE_FORMAT = 2;
/** Its name in the queue's folder. */
export const QUEUE_FILE = 'queue.json';

/** That somebody has paused a queue's consumer. */
export interface Pause {
  /** When, ISO 8601. */
  readonly since: string;
  /** Why, as whoever did it has put it. */
  readonly reason?: string;
}

/** What `queue.json` says. */
export interface QueueFile {
  readonly format: number;
  readonly number: number;
  readonly name: string;
  /** When the queue was made, ISO 8601. */
  readonly added: string;
  /** The topic patterns that its consumer had at the last start; what an older Penstock wrote has none. */
  readonly topics?: readonly string[];
  /** Where the queue begins; undefined for `new`, and in what an older Penstock wrote. */
  readonly startFrom?: Exclude<StartFrom, 'new'>;
  /** `pending` until all that the journal held from there on, when the queue was made, is in it. */
  readonly backfill?: 'pending' | 'done';
  /** There while its consumer is paused. */
  readonly paused?: Pause;
  /** The order key that its consumer had at the last start; there for `order: 'key'` alone. */
  readonly orderKey?: OrderKey;
  /** As in Queue (registry.ts). */
  readonly keyedFrom?: number;
}

/** What is told of a queue by its folder. */
export interface FoundQueueFile {
  readonly file: QueueFile;
  /** What is wrong with the file on the disk; it is then made up. */
  readonly problem: string | undefined;
}

/**
 * Reads a queue's file; where it is damaged or gone, makes one up that is safe to go on with.
 *
 * @param directory The queue's folder.
 * @param of The number and the name that the folder has.
 * @throws DATA_FORMAT_UNSUPPORTED, naming the file.
 */
export function readQueueFile(files: Files, directory: string, of: Pick<QueueFile, 'number' | 'name'>): FoundQueueFile {
  const path = `${directory}/${QUEUE_FILE}`;
  const madeUp = (problem: string) => ({
    file: { format: QUEUE_FORMAT, ...of, added: new Date().toISOString() },
    problem,
  });
  let file: QueueFile;
  try {
    file = decodeChecked<QueueFile>(readWhole(files, path), QUEUE_FORMAT);
  } catch (error) {
    return madeUp(isMissing(error) ? 'it is missing' : `it cannot be read: ${(error as Error).message}`);
  }
  if (file.format > QUEUE_FORMAT) {
    throw new PenstockError(
      'DATA_FORMAT_UNSUPPORTED',
      `${path} has format ${file.format}; this Penstock reads up to ${QUEUE_FORMAT}`,
    );
  }
  if (file.number !== of.number || file.name !== of.name) return madeUp(`it is of queue ${file.number}-${file.name}`);
  return { file, problem: undefined };
}

/** Replaces it, whole or not at all. */
export function writeQueueFile(files: Files, directory: string, file: QueueFile): void {
  replaceFile(files, directory, QUEUE_FILE, encodeChecked(file));
}
