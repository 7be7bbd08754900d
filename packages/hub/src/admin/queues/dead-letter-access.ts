// The dead letters of one queue for whoever looks from outside, whether a hub runs or not: they are found and read in the
// files, so that a running hub has no work with it. What is done to them, a running hub does.
import { deadDirectory } from '../../dead-letters/file-names.js';
import type { LetterNote } from '../../dead-letters/letter-format.js';
import { LetterReader } from '../../dead-letters/letter-reader.js';
import {
  findLetters,
  type LetterFilter,
  type LetterPage,
  type ListedLetter,
} from '../../dead-letters/letter-search.js';
import { PenstockError } from '../../errors.js';
import { isMissing } from '../../files/files.js';
import { readHubFile } from '../../files/hub-file.js';
import { viewOf } from '../../journal/record.js';
import { IntervalSet } from '../../queue/interval-set.js';
import { queueFolder } from '../../queue/registry.js';
import { DeliveredMessage } from '../../thread/worker/delivered-message.js';
import { ControlClient } from '../control-client.js';
import { askAboutLetters, MOST_LETTERS, MOST_LETTERS_BYTES } from '../dead-letter-routes.js';
import { askQueue } from '../queue-routes.js';
import type { StoredMessage } from '../stored-journal.js';
import type { FoundQueue, QueueAccess } from './queue-access.js';
import { countedLetters } from './queue-errors.js';

/**
 * So many letters are looked up at once when something is done to all, without their messages: each look-up reads all heads
 * there are, in 6 s a million, and keeps 200 bytes of each letter it finds.
 */
const MOST_AT_ONCE = 100_000;

/** A letter with its message. */
export interface ShownLetter extends LetterNote {
  readonly message: StoredMessage;
}

/** A letter whose message cannot be read, or that was removed meanwhile. */
export interface UnreadableLetter {
  readonly ordinal: number;
  readonly problem: string;
}

/** What was done to letters. */
export interface LettersChanged {
  readonly done: number;
  /** Why some were left: their messages cannot be read. */
  readonly problems: readonly Error[];
}

export class DeadLetterAccess {
  readonly #found: FoundQueue;
  readonly #client: ControlClient;
  readonly #directory: string;
  readonly #hubId: string;
  readonly #isSettled: (ordinal: number) => boolean;

  private constructor(dataDirectory: string, found: FoundQueue) {
    this.#found = found;
    this.#client = ControlClient.forDataDir(dataDirectory);
    this.#directory = queueFolder(dataDirectory, found.standing);
    this.#hubId = readHubFile(found.files, dataDirectory)?.hubId ?? '';
    const { enqueued, unsettled } = found.standing;
    const open = IntervalSet.of(unsettled);
    this.#isSettled = (ordinal) => ordinal < enqueued && !open.has(ordinal);
  }

  /**
   * Sees the letters that there are at this moment.
   *
   * @throws QUEUE_NOT_FOUND, and as {@link QueueAccess.list}.
   */
  static async open(queues: QueueAccess, consumer: string): Promise<DeadLetterAccess> {
    return new DeadLetterAccess(queues.dataDirectory, await queues.find(consumer));
  }

  /**
   * Makes sure that a hub runs, which is what changes need.
   *
   * @throws HUB_UNREACHABLE
   */
  async checkRunning(): Promise<void> {
    await askQueue(this.#client, this.#found.standing.name);
  }

  /**
   * The first letters that a filter lets through, in order of their ids, without their messages.
   *
   * @param after Begin behind the letter with this id.
   */
  find(filter: LetterFilter, most: number, after = -1): LetterPage {
    const { files, standing } = this.#found;
    const queue = { files, directory: this.#directory, queueNumber: standing.number };
    return findLetters({ ...queue, filter, most, after, isSettled: this.#isSettled });
  }

  /**
   * The letters with these ids.
   *
   * @throws DEAD_LETTER_NOT_FOUND, naming those that there are none of.
   */
  findAll(ids: readonly number[]): readonly ListedLetter[] {
    const wanted = new Set(ids);
    const { letters } = this.find({ ids: wanted }, wanted.size);
    for (const { id } of letters) wanted.delete(id);
    if (wanted.size === 0) return letters;
    const { name } = this.#found.standing;
    throw new PenstockError(
      'DEAD_LETTER_NOT_FOUND',
      `consumer "${name}" has no dead letter ${[...wanted].join(', ')}; "hub dlq ls ${name}" lists those it has`,
    );
  }

  /** Reads a letter with its message. */
  read({ id, places }: ListedLetter): ShownLetter | UnreadableLetter {
    const { files, standing } = this.#found;
    let problem = 'it was removed meanwhile';
    for (const { file, offset } of places.toReversed()) {
      try {
        const reader = new LetterReader(files, `${deadDirectory(this.#directory)}/${file}`, standing.number);
        try {
          const letter = reader.at(offset);
          const record = reader.record(letter);
          const { attempts } = letter.head;
          return {
            ...letter.note(),
            message: new DeliveredMessage(this.#hubId, record, viewOf(record), 0, attempts),
          };
        } finally {
          reader.close();
        }
      } catch (error) {
        if (isMissing(error)) continue;
        if (!(error instanceof PenstockError)) throw error;
        problem = error.message;
      }
    }
    return { ordinal: id, problem };
  }

  /**
   * Has the hub do something to the letters that a filter lets through and that were there when this was opened.
   *
   * @param progress Called with how many are done, and how many there are.
   * @param signal Ends it after what the hub is being asked for; what is done by then is what is returned.
   * @throws HUB_UNREACHABLE, CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DISK_LIMIT, JOURNAL_FAILED, DATA_DIR_UNUSABLE; what was
   *   done by then stays done.
   */
  async change(
    what: 'requeue' | 'purge',
    filter: LetterFilter,
    progress: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<LettersChanged> {
    const problems: Error[] = [];
    let done = 0;
    let after = -1;
    for (;;) {
      const { letters, more } = this.find(filter, MOST_AT_ONCE, after);
      const total = done + letters.length + more;
      for (const some of inRequests(letters)) {
        progress(done, total);
        if (signal?.aborted) return { done, problems };
        const answer = await this.#ask(what, some, done);
        done += answer.done;
        problems.push(...answer.problems);
      }
      progress(done, total);
      if (more === 0) return { done, problems };
      after = letters.at(-1)?.id ?? after;
    }
  }

  async #ask(what: 'requeue' | 'purge', letters: readonly ListedLetter[], done: number): Promise<LettersChanged> {
    try {
      return await askAboutLetters(this.#client, what, this.#found.standing.name, letters);
    } catch (error) {
      if (!(error instanceof PenstockError) || done === 0) throw error;
      const message = `${error.message}; before that, ${countedLetters(done)} ${done === 1 ? 'was' : 'were'} ${what}d`;
      throw new PenstockError(error.code, message, { cause: error });
    }
  }
}

function* inRequests(letters: readonly ListedLetter[]): Generator<ListedLetter[], void> {
  let some: ListedLetter[] = [];
  let bytes = 0;
  for (const letter of letters) {
    if (some.length === MOST_LETTERS || (some.length > 0 && bytes + letter.recordBytes > MOST_LETTERS_BYTES)) {
      yield some;
      some = [];
      bytes = 0;
    }
    some.push(letter);
    bytes += letter.recordBytes;
  }
  if (some.length > 0) yield some;
}
