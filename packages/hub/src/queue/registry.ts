// Which queues a data directory holds: one folder each, numbered for good, with a small file that says what it
// is (queue-file.ts). A queue outlives its consumer: what waits in it stays until it is removed on purpose (removal.ts).
import { isDeepStrictEqual } from 'node:util';
import type { OrderKey, StartFrom } from '../consumer.js';
import type { OnDamage } from '../files/damage.js';
import type { Files } from '../files/files.js';
import { Quarantine } from '../files/quarantine.js';
import { type Pause, QUEUE_FILE, QUEUE_FORMAT, type QueueFile, readQueueFile, writeQueueFile } from './queue-file.js';
import { removeLeftovers } from './removal.js';

const FOLDER = /^(\d+)-([A-Za-z0-9_-]{1,64})$/;

/** What can change of it while there is the queue. */
type Changeable = 'topics' | 'backfill' | 'paused' | 'orderKey' | 'keyedFrom';

export interface Queue {
  readonly number: number;
  readonly name: string;
  readonly directory: string;
  /** When the queue was made, ISO 8601. */
  readonly added: string;
  /** The topic patterns that its consumer has, or had last; undefined when it is not known. */
  readonly topics: readonly string[] | undefined;
  /** Where the queue began when it was made. */
  readonly startFrom: StartFrom;
  /** Whether what it is to begin with is in it; undefined for a queue that began with what was new. */
  readonly backfill: 'pending' | 'done' | undefined;
  /** Set while its consumer is paused, across restarts. */
  readonly paused?: Pause | undefined;
  /** What makes its messages belong together for its consumer, or did for the last one; undefined for nothing. */
  readonly orderKey: OrderKey | undefined;
  /**
   * The ordinal from which on index entries carry the hash of that key. Undefined without a key, and from when the key
   * changes until {@link QueueRegistry.keyed}: it is not known yet, and no entry's hash is one to go by.
   */
  readonly keyedFrom: number | undefined;
}

export interface QueueRequest {
  readonly name: string;
  readonly startFrom: StartFrom;
  /** Noted with the queue, for whoever looks at it when its consumer is gone. */
  readonly topics?: readonly string[];
  /** What makes its messages belong together; nothing by default. */
  readonly orderKey?: OrderKey | undefined;
}

/** Where a queue's files are. */
export function queueFolder(dataDirectory: string, { number, name }: Pick<Queue, 'number' | 'name'>): string {
  return `${dataDirectory}/queues/${number}-${name}`;
}

export class QueueRegistry {
  readonly #files: Files;
  readonly #dataDirectory: string;
  readonly #directory: string;

  constructor(files: Files, dataDirectory: string) {
    this.#files = files;
    this.#dataDirectory = dataDirectory;
    this.#directory = `${dataDirectory}/queues`;
  }

  /**
   * Opens all queues there are, makes those that are asked for and missing, and deletes what is left of those that
   * were removed.
   *
   * @param nextNumber A number that no queue has had.
   * @param reserve Called before any queue is made, with the next number that none will have: noted durably there, no
   *   number is used twice, whatever becomes of the queues.
   * @param damaged Told of files that were damaged, and were made anew from what is known without them.
   * @returns All queues, and that number.
   * @throws DATA_FORMAT_UNSUPPORTED, naming the file.
   */
  open(
    requests: readonly QueueRequest[],
    nextNumber: number,
    reserve: (nextNumber: number) => void = () => {},
    damaged: OnDamage = () => {},
  ): { queues: Queue[]; nextNumber: number } {
    this.#files.makeDirectory(this.#directory);
    removeLeftovers(this.#files, this.#directory);
    const known = this.list((directory) => this.#files.remove(directory));
    const missing = requests.filter(({ name }) => !known.some((queue) => queue.name === name));
    const first = known.reduce((most, { number }) => Math.max(most, number + 1), nextNumber);
    const next = first + missing.length;
    reserve(next);
    for (const queue of known) this.#mend(queue, damaged);
    const queues = known.map((queue) => this.#noteConsumer(queue, requests));
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
   * @throws DATA_FORMAT_UNSUPPORTED, naming the file.
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

  /** Notes that a queue's consumer is paused, or with `undefined` that it no longer is; durable when this returns. */
  notePaused(queue: Queue, paused: Pause | undefined): void {
    this.#change(queue, { paused });
  }

  /** Notes the ordinal from which on a queue's index entries carry the hash of its order key. */
  keyed(queue: Queue, keyedFrom: number): Queue {
    return this.#change(queue, { keyedFrom });
  }

  /** What the queue's consumer has now; a queue without one keeps what its last one had. */
  #noteConsumer(queue: Queue, requests: readonly QueueRequest[]): Queue {
    const request = requests.find(({ name }) => name === queue.name);
    if (request === undefined) return queue;
    const { topics = queue.topics, orderKey } = request;
    const sameKey = isDeepStrictEqual(orderKey, queue.orderKey);
    if (sameKey && isDeepStrictEqual(topics, queue.topics)) return queue;
    // The old key goes before anything is put into the queue, or made anew of what is in it, under the new one.
    return this.#change(queue, { topics, ...(sameKey ? {} : { orderKey, keyedFrom: undefined }) });
  }

  #change<Change extends { [Key in Changeable]?: QueueFile[Key] | undefined }>(queue: Queue, change: Change): Queue {
    const { file } = readQueueFile(this.#files, queue.directory, queue);
    writeQueueFile(this.#files, queue.directory, { ...file, ...change });
    return { ...queue, ...change };
  }

  #read(folder: string, begun: (directory: string) => void): Queue | undefined {
    const match = FOLDER.exec(folder);
    if (match === null) return undefined;
    const directory = `${this.#directory}/${folder}`;
    if (this.#isBegun(directory)) {
      begun(directory);
      return undefined;
    }
    const of = { number: Number(match[1]), name: match[2] as string };
    const { number, name, added, topics, backfill, paused, orderKey, keyedFrom, ...file } = readQueueFile(
      this.#files,
      directory,
      of,
    ).file;
    const startFrom = file.startFrom ?? (backfill === undefined ? 'new' : 'earliest');
    return { number, name, directory, added, topics, startFrom, backfill, paused, orderKey, keyedFrom };
  }

  /** Whether a folder is of a queue that was being made: there is nothing in it, and so nothing can be lost with it. */
  #isBegun(directory: string): boolean {
    const names = this.#files.list(directory).filter((name) => !name.endsWith('.tmp'));
    return names.every((name) => name === 'settled' && this.#files.list(`${directory}/settled`).length === 0);
  }

  /** Makes a queue's file anew where it is damaged. */
  #mend({ directory, number, name }: Queue, damaged: OnDamage): void {
    const { file, problem } = readQueueFile(this.#files, directory, { number, name });
    if (problem === undefined) return;
    const path = `${directory}/${QUEUE_FILE}`;
    const aside = new Quarantine(this.#files, this.#dataDirectory).moveAside('queue-file', path);
    writeQueueFile(this.#files, directory, file);
    const unknown =
      'whether the consumer was paused, and whether its queue was still to be filled, is not known any more';
    damaged({ kind: 'queue-file', path, problem: `${problem}; it was made anew: ${unknown}`, aside, lost: [] });
  }

  #create(number: number, { name, startFrom, topics, orderKey }: QueueRequest): Queue {
    const directory = `${this.#directory}/${number}-${name}`;
    this.#files.makeDirectory(`${directory}/settled`);
    const backfill = startFrom === 'new' ? undefined : 'pending';
    const added = new Date().toISOString();
    const keyedFrom = orderKey === undefined ? undefined : 0;
    writeQueueFile(this.#files, directory, {
      format: QUEUE_FORMAT,
      number,
      name,
      added,
      ...(topics === undefined ? {} : { topics }),
      ...(startFrom === 'new' ? {} : { startFrom, backfill: 'pending' }),
      ...(orderKey === undefined ? {} : { orderKey, keyedFrom: 0 }),
    });
    return { number, name, directory, added, topics, startFrom, backfill, orderKey, keyedFrom };
  }
}
