// The queues of a data directory for whoever looks from outside, whether a hub runs on it or not: a running hub is asked
// how far each has come, else the files are; what lies on disk is read from there in both cases, and so looks the same.
import type { Files } from '../../files/files.js';
import { readHubFile } from '../../files/hub-file.js';
import { NodeFiles } from '../../files/node-files.js';
import { usingDirectory } from '../../files/unusable-directory.js';
import { queueFolder } from '../../queue/registry.js';
import { ControlClient } from '../control-client.js';
import { askQueue, askQueues, askToRemoveQueue } from '../queue-routes.js';
import { checkNoHub, hubOrFiles } from './hub-or-files.js';
import { queueNotFound } from './queue-errors.js';
import { type KeptSegment, keptSegments, listQueueFiles, type QueueFiles } from './queue-files.js';
import type { QueuePlace, QueueStanding, RemovedQueue } from './standing.js';
import { readStoredQueues } from './stored-queues.js';
import { removeStoredQueue } from './stored-removal.js';
import { type UnreadableMessage, type WaitingMessage, WaitingMessages } from './waiting-messages.js';

/** A queue in one line. */
export interface QueueSummary extends QueueStanding {
  /** Bytes of its own files; its messages are in the journal, once for all queues. */
  readonly diskBytes: number;
}

/** Where an entry lies. */
export interface EntryPlace {
  readonly ordinal: number;
  readonly position: number;
  /** When it was taken, in milliseconds since 1970; undefined when its record cannot be read. */
  readonly time: number | undefined;
}

/** A queue in detail. */
export interface QueueDetail extends QueueStanding, QueueFiles {
  /** Entries ever put into it. */
  readonly enqueued: number;
  /** The first and the last entry that is not settled. */
  readonly oldest: EntryPlace | undefined;
  readonly newest: EntryPlace | undefined;
  /** Segments of the journal that stay because of it, oldest first. */
  readonly segments: readonly KeptSegment[];
  /** The first messages that are not settled. */
  readonly messages: readonly (WaitingMessage | UnreadableMessage)[];
}

/** Where the files are, and how far a queue has come. */
interface Found<Standing> {
  readonly standing: Standing;
  readonly files: Files;
}

/** One queue, with what of it is unsettled. */
export type FoundQueue = Found<QueuePlace>;

export class QueueAccess {
  readonly dataDirectory: string;
  readonly #client: ControlClient;
  readonly #consumers: readonly string[] | undefined;
  readonly #files = new NodeFiles({ durable: true });

  /**
   * @param dataDirectory An absolute path.
   * @param consumers Names of the config's consumers; undefined when there is no config to ask. A running hub knows better.
   */
  constructor(dataDirectory: string, consumers: readonly string[] | undefined) {
    this.dataDirectory = dataDirectory;
    this.#client = ControlClient.forDataDir(dataDirectory);
    this.#consumers = consumers;
  }

  /**
   * All queues, in the order in which they were made.
   *
   * @throws DATA_DIR_UNUSABLE, DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED; HUB_UNREACHABLE when a hub is there and does not
   *   answer.
   */
  async list(): Promise<QueueSummary[]> {
    const { standing, files } = await this.#find<readonly QueueStanding[]>(
      () => askQueues(this.#client),
      (stored) => stored.map(({ enqueued: _, unsettled: __, ...standing }) => standing),
    );
    return standing.map((queue) => {
      const { diskBytes } = listQueueFiles(files, queueFolder(this.dataDirectory, queue));
      return { ...queue, diskBytes };
    });
  }

  /**
   * One queue, without touching it.
   *
   * @param messages How many of the first unsettled messages to read; the beginning of each is kept in memory.
   * @throws QUEUE_NOT_FOUND, and as {@link list}.
   */
  async describe(name: string, messages: number): Promise<QueueDetail> {
    const { standing, files } = await this.find(name);
    const { unsettled, ...rest } = standing;
    const queueDirectory = queueFolder(this.dataDirectory, standing);
    const journalDirectory = `${this.dataDirectory}/journal`;
    const hubId = readHubFile(files, this.dataDirectory)?.hubId ?? '';
    const waiting = new WaitingMessages({ files, journalDirectory, queueDirectory, hubId });
    try {
      const [first, last] = [unsettled[0], unsettled.at(-1)];
      return {
        ...rest,
        ...listQueueFiles(files, queueDirectory),
        oldest: first === undefined ? undefined : placeOf(waiting.read(first.from)),
        newest: last === undefined ? undefined : placeOf(waiting.read(last.to - 1)),
        segments: keptSegments(files, journalDirectory, queueDirectory, unsettled),
        messages: waiting.first(unsettled, messages),
      };
    } finally {
      waiting.close();
    }
  }

  /**
   * How far one queue has come, and where to read its files: as a start would leave them, when no hub runs.
   *
   * @throws QUEUE_NOT_FOUND, and as {@link list}.
   */
  find(name: string): Promise<FoundQueue> {
    return this.#find<QueuePlace>(
      () => askQueue(this.#client, name),
      (stored) => {
        const queue = stored.find((each) => each.name === name);
        if (queue !== undefined) return queue;
        throw queueNotFound(
          name,
          stored.map((each) => each.name),
          this.dataDirectory,
        );
      },
    );
  }

  /**
   * Removes a queue without a consumer, for good.
   *
   * @param options.discard Whether to remove it although messages wait in it.
   * @throws QUEUE_NOT_FOUND, QUEUE_IN_USE, QUEUE_NOT_EMPTY, and as {@link list}; of a running hub HUB_NOT_RUNNING when it
   *   starts or stops, JOURNAL_FAILED.
   */
  async remove(name: string, { discard }: { readonly discard: boolean }): Promise<RemovedQueue> {
    try {
      return await askToRemoveQueue(this.#client, name, { discard });
    } catch (error) {
      checkNoHub(this.dataDirectory, error);
      const removal = { discard, consumers: this.#consumers };
      return usingDirectory(this.dataDirectory, 'cannot be written', () =>
        removeStoredQueue(this.#files, this.dataDirectory, name, removal),
      );
    }
  }

  /** Asks the hub, or reads the files. */
  #find<Standing>(
    ask: () => Promise<Standing>,
    read: (stored: readonly QueuePlace[]) => Standing,
  ): Promise<Found<Standing>> {
    return hubOrFiles<Found<Standing>>(
      this.dataDirectory,
      async () => ({ standing: await ask(), files: this.#files }),
      () => {
        const { files, queues } = readStoredQueues(this.#files, this.dataDirectory, this.#consumers);
        return { standing: read(queues), files };
      },
    );
  }
}

const placeOf = (message: WaitingMessage | UnreadableMessage): EntryPlace => ({
  ordinal: message.ordinal,
  position: message.position,
  time: 'time' in message ? message.time : undefined,
});
