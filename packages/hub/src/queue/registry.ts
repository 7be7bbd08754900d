// Which queues a data directory holds: one folder each, numbered for good, with a small file that says what it
// is. A queue outlives its consumer: what waits in it stays until it is removed on purpose.
import { PenstockError } from '../errors.js';
import { type Files, readWhole, replaceFile } from '../files/files.js';

const FORMAT_VERSION = 1;
const FOLDER = /^(\d+)-([A-Za-z0-9_-]{1,64})$/;

/** What `queue.json` says. */
interface QueueFile {
  readonly format: number;
  readonly number: number;
  readonly name: string;
  /** When the queue was made, ISO 8601. */
  readonly added: string;
  /** `pending` until all that the journal held when the queue was made is in it (`startFrom: 'earliest'`). */
  readonly backfill?: 'pending' | 'done';
}

export interface Queue {
  readonly number: number;
  readonly name: string;
  readonly directory: string;
  readonly backfill: 'pending' | 'done' | undefined;
}

export interface QueueRequest {
  readonly name: string;
  readonly startFrom: 'new' | 'earliest';
}

export class QueueRegistry {
  readonly #files: Files;
  readonly #directory: string;

  constructor(files: Files, dataDirectory: string) {
    this.#files = files;
    this.#directory = `${dataDirectory}/queues`;
  }

  /**
   * Opens all queues there are, and makes those that are asked for and missing.
   *
   * @param nextNumber A number that no queue has had.
   * @returns All queues, and the next number that none has had.
   * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED, naming the file.
   */
  open(requests: readonly QueueRequest[], nextNumber: number): { queues: Queue[]; nextNumber: number } {
    this.#files.makeDirectory(this.#directory);
    const queues = this.#files
      .list(this.#directory)
      .map((folder) => this.#read(folder))
      .filter((queue) => queue !== undefined);
    let next = queues.reduce((most, { number }) => Math.max(most, number + 1), nextNumber);
    for (const request of requests) {
      if (!queues.some(({ name }) => name === request.name)) queues.push(this.#create(next++, request));
    }
    // Not only of those just made: a hub that was killed here has left names that nobody put on stable storage.
    for (const { directory } of queues) this.#files.syncDirectory(directory);
    this.#files.syncDirectory(this.#directory);
    return { queues: queues.sort((a, b) => a.number - b.number), nextNumber: next };
  }

  /** Notes that a queue has all that the journal held when it was made. */
  backfilled(queue: Queue): Queue {
    const text = new TextDecoder().decode(readWhole(this.#files, `${queue.directory}/queue.json`));
    this.#write(queue.directory, { ...(JSON.parse(text) as QueueFile), backfill: 'done' });
    return { ...queue, backfill: 'done' };
  }

  #read(folder: string): Queue | undefined {
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
      // It was being made when the hub ended: nothing was ever put into it.
      this.#files.remove(directory);
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
    return { number: file.number, name: file.name, directory, backfill: file.backfill };
  }

  #create(number: number, { name, startFrom }: QueueRequest): Queue {
    const directory = `${this.#directory}/${number}-${name}`;
    this.#files.makeDirectory(`${directory}/settled`);
    const backfill = startFrom === 'earliest' ? 'pending' : undefined;
    this.#write(directory, {
      format: FORMAT_VERSION,
      number,
      name,
      added: new Date().toISOString(),
      ...(backfill === undefined ? {} : { backfill }),
    });
    return { number, name, directory, backfill };
  }

  #write(directory: string, file: QueueFile): void {
    replaceFile(this.#files, directory, 'queue.json', new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`));
  }
}
