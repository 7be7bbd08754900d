// Which queues a data directory holds: one folder each, numbered for good, with a small file that says what it
// is. A queue outlives its consumer: what waits in it stays until it is removed on purpose (removal.ts).
import { isDeepStrictEqual } from 'node:util';
import { PenstockError } from '../errors.js';
import { type Files, readWhole, replaceFile } from '../files/files.js';
import { removeLeftovers } from './removal.js';

const FORMAT_VERSION = 1;
const FOLDER = /^(\d+)-([A-Za-z0-9_-]{1,64})$/;

/** What `queue.json` says. */
interface QueueFile {
  readonly format: number;
  readonly number: number;
  readonly name: string;
  /** When the queue was made, ISO 8601. */
  readonly added: string;
  /** The topic patterns that its consumer had at the last start; what an older Penstock wrote has none. */
  readonly topics?: readonly string[];
  /** `pending` until all that the journal held when the queue was made is in it (`startFrom: 'earliest'`). */
  readonly backfill?: 'pending' | 'done';
}

export interface Queue {
  readonly number: number;
  readonly name: string;
  readonly directory: string;
  /** When the queue was made, ISO 8601. */
  readonly added: string;
  /** The topic patterns that its consumer has, or had last; undefined when it is not known. */
  readonly topics: readonly string[] | undefined;
  readonly backfill: 'pending' | 'done' | undefined;
}

export interface QueueRequest {
  readonly name: string;
  readonly startFrom: 'new' | 'earliest';
  /** Noted with the queue, for whoever looks at it when its consumer is gone. */
  readonly topics?: readonly string[];
}

/** Where a queue's files are. */
export function queueFolder(dataDirectory: string, { number, name }: Pick<Queue, 'number' | 'name'>): string {
  return `${dataDirectory}/queues/${number}-${name}`;
}

export class QueueRegistry {
  readonly #files: Files;
  readonly #directory: string;

  constructor(files: Files, dataDirectory: string) {
    this.#files = files;
    this.#directory = `${dataDirectory}/queues`;
  }

  /**
   * Opens all queues there are, makes those that are asked for and missing, and deletes what is left of those that
   * were removed.
   *
   * @param nextNumber A number that no queue has had.
   * @param reserve Called before any queue is made, with the next number that none will have: noted durably there, no
   *   number is used twice, whatever becomes of the queues.
   * @returns All queues, and that number.
   * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED, naming the file.
   */
  open(
    requests: readonly QueueRequest[],
    nextNumber: number,
    reserve: (nextNumber: number) => void = () => {},
  ): { queues: Queue[]; nextNumber: number } {
    this.#files.makeDirectory(this.#directory);
    removeLeftovers(this.#files, this.#directory);
    const known = this.list((directory) => this.#files.remove(directory));
    const missing = requests.filter(({ name }) => !known.some((queue) => queue.name === name));
    const first = known.reduce((most, { number }) => Math.max(most, number + 1), nextNumber);
    const next = first + missing.length;
    reserve(next);
    const queues = known.map((queue) => this.#noteTopics(queue, requests));
    queues.push(...missing.map((request, index) => this.#create(first + index, request)));
    // Not only of those just made: a hub that was killed here has left names that nobody put on stable storage.
    for (const { directory } of queues) this.#files.syncDirectory(directory);
    this.#files.syncDirectory(this.#directory);
    return { queues: queues.sort((a, b) => a.number - b.number), nextNumber: next };
  }

  /**
   * All queues there are, without changing anything.
   *
   * @param begun Called with the folder of a queue that was being made when the hub ended: nothing was ever put into it.
   * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED, naming the file.
   */
  list(begun: (directory: string) => void = () => {}): Queue[] {
    return this.#files
      .list(this.#directory)
      .map((folder) => this.#read(folder, begun))
      .filter((queue) => queue !== undefined)
      .sort((a, b) => a.number - b.number);
  }

  /** Notes that a queue has all that the journal held when it was made. */
  backfilled(queue: Queue): Queue {
    return this.#change(queue, { backfill: 'done' });
  }

  #noteTopics(queue: Queue, requests: readonly QueueRequest[]): Queue {
    const topics = requests.find(({ name }) => name === queue.name)?.topics;
    return topics === undefined || isDeepStrictEqual(topics, queue.topics) ? queue : this.#change(queue, { topics });
  }

  #change<Change extends Pick<QueueFile, 'topics' | 'backfill'>>(queue: Queue, change: Change): Queue {
    const text = new TextDecoder().decode(readWhole(this.#files, `${queue.directory}/queue.json`));
    this.#write(queue.directory, { ...(JSON.parse(text) as QueueFile), ...change });
    return { ...queue, ...change };
  }

  #read(folder: string, begun: (directory: string) => void): Queue | undefined {
    const match = FOLDER.exec(folder);
    if (match === null) return undefined;
    const directory = `${this.#directory}/${folder}`;
    const path = `${directory}/queue.json`;
    const names = this.#files.list(directory);
    if (!names.includes('queue.json')) {
      if (names.some((name) => name.endsWith('.idx'))) {
        throw new PenstockError(
          'DATA_DAMAGED',
          `${path} is missing, but the queue has entries; put it back, or remove ${directory}`,
        );
      }
      begun(directory);
      return undefined;
    }
    let file: QueueFile;
    try {
      file = JSON.parse(new TextDecoder().decode(readWhole(this.#files, path))) as QueueFile;
      if (typeof file?.format !== 'number') throw new Error('it is no object with a format');
    } catch (cause) {
      throw new PenstockError('DATA_DAMAGED', `${path} cannot be read: ${(cause as Error).message}`, { cause });
    }
    if (file.format > FORMAT_VERSION) {
      throw new PenstockError(
        'DATA_FORMAT_UNSUPPORTED',
        `${path} has format ${file.format}; this Penstock reads up to ${FORMAT_VERSION}`,
      );
    }
    if (file.number !== Number(match[1]) || file.name !== match[2]) {
      throw new PenstockError('DATA_DAMAGED', `${path} is of queue ${file.number}-${file.name}`);
    }
    const { number, name, added, topics, backfill } = file;
    return { number, name, directory, added, topics, backfill };
  }

  #create(number: number, { name, startFrom, topics }: QueueRequest): Queue {
    const directory = `${this.#directory}/${number}-${name}`;
    this.#files.makeDirectory(`${directory}/settled`);
    const backfill = startFrom === 'earliest' ? 'pending' : undefined;
    const added = new Date().toISOString();
    this.#write(directory, {
      format: FORMAT_VERSION,
      number,
      name,
      added,
      ...(topics === undefined ? {} : { topics }),
      ...(backfill === undefined ? {} : { backfill }),
    });
    return { number, name, directory, added, topics, backfill };
  }

  #write(directory: string, file: QueueFile): void {
    replaceFile(this.#files, directory, 'queue.json', new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`));
  }
}
