// Finds letters of a queue, in order of their ids, without their messages and with bounded memory: a page at a time,
// however many there are. Works on the files of a running hub as well, by whoever asks, so that the hub has no work with it.
import { PenstockError } from '../errors.js';
import { type Files, isMissing } from '../files/files.js';
import { SettleReason } from '../settlement/settle-record.js';
import { deadDirectory, listDeadFiles } from './file-names.js';
import type { LetterNote } from './letter-format.js';
import { type FoundLetter, LetterReader, type UnreadableBytes } from './letter-reader.js';
import { type RemovedByFile, readRemovedLetters } from './removed-letters.js';

/** Which letters; what is undefined does not matter. */
export interface LetterFilter {
  /** With one of these ids. */
  readonly ids?: ReadonlySet<number> | undefined;
  /** Whose kind of reason, reason or error contains this text, in whatever case. */
  readonly reason?: string | undefined;
  /** Whose last delivery ended at this time or later, in milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
}

/** Where a letter lies. */
export interface LetterPlace {
  /** Name of the file in the queue's folder of dead letters. */
  readonly file: string;
  readonly offset: number;
}

export interface ListedLetter {
  /** Its id: the ordinal of its entry in the queue. */
  readonly id: number;
  /** Bytes of its message's record. */
  readonly recordBytes: number;
  /** Where it lies: in more than one file when a thread ended right after it had written it. The last is the newest. */
  readonly places: readonly LetterPlace[];
}

/** What of a file cannot be read. */
export interface UnreadableLetters {
  readonly file: string;
  readonly bytes: number;
  /** What is wrong: such as `it ends in the middle of a letter`. */
  readonly problem: string;
}

export interface LetterPage {
  /** In order of their ids. */
  readonly letters: readonly ListedLetter[];
  /** How many more there are. */
  readonly more: number;
  readonly unreadable: readonly UnreadableLetters[];
}

export interface LetterSearch {
  readonly files: Files;
  /** The queue's folder. */
  readonly directory: string;
  readonly queueNumber: number;
  readonly filter: LetterFilter;
  /** Whether the entry of an ordinal is settled: until it is, its letter is none. */
  readonly isSettled: (ordinal: number) => boolean;
  /** Begin behind the letter with this id. */
  readonly after?: number;
  /** How many to return. */
  readonly most: number;
}

/** What each kind of reason is called, in what is shown and in what is looked for. */
const REASON_NAMES: ReadonlyMap<SettleReason, string> = new Map([
  [SettleReason.CONSUMER, 'consumer'],
  [SettleReason.ATTEMPTS, 'attempts'],
  [SettleReason.QUEUE_FULL, 'queue-full'],
  [SettleReason.CRASHES, 'crashes'],
]);

/** `consumer`, `attempts`, `queue-full`, `crashes`; `other` for what a newer Penstock wrote. */
export const reasonName = (reason: SettleReason): string => REASON_NAMES.get(reason) ?? 'other';

/** @throws DATA_FORMAT_UNSUPPORTED about what was removed; of letters' files it is reported. */
export function findLetters(search: LetterSearch): LetterPage {
  const { files, directory, queueNumber, most } = search;
  // Files first: what is removed while they are read is still seen to be.
  const names = listDeadFiles(files, directory);
  const { byFile } = readRemovedLetters(files, directory, queueNumber);
  const page = new Page(most);
  const unreadable: UnreadableLetters[] = [];
  for (const { name } of names) {
    const problem = searchFile(search, name, byFile, page);
    if (problem !== undefined) unreadable.push(problem);
  }
  return { ...page.end(), unreadable };
}

/** How many there are. */
export function countLetters(queue: Pick<LetterSearch, 'files' | 'directory' | 'queueNumber' | 'isSettled'>): number {
  return findLetters({ ...queue, filter: {}, most: 0 }).more;
}

function searchFile(
  { files, directory, queueNumber, ...search }: LetterSearch,
  file: string,
  removedByFile: RemovedByFile,
  page: Page,
): UnreadableLetters | undefined {
  let reader: LetterReader;
  try {
    reader = new LetterReader(files, `${deadDirectory(directory)}/${file}`, queueNumber);
  } catch (error) {
    // All letters in it were removed meanwhile.
    if (isMissing(error)) return undefined;
    if (!(error instanceof PenstockError)) throw error;
    return { file, bytes: Number.NaN, problem: error.message };
  }
  try {
    const removed = reader.id === undefined ? undefined : removedByFile.get(reader.id);
    const letters = reader.letters();
    for (let next = letters.next(); ; next = letters.next()) {
      if (next.done) return unreadableIn(file, next.value);
      const { head, offset } = next.value;
      if (removed?.has(head.ordinal) === true || !isWanted(search, next.value)) continue;
      page.add({ id: head.ordinal, recordBytes: head.recordBytes, places: [{ file, offset }] });
    }
  } finally {
    reader.close();
  }
}

function unreadableIn(file: string, { damagedBytes, tornBytes }: UnreadableBytes): UnreadableLetters | undefined {
  const bytes = damagedBytes + tornBytes;
  if (bytes === 0) return undefined;
  const problem =
    damagedBytes === 0
      ? 'it ends in the middle of a letter, which was being written'
      : 'letters in it are not what was written';
  return { file, bytes, problem };
}

function isWanted(
  { filter, isSettled, after = -1 }: Pick<LetterSearch, 'filter' | 'isSettled' | 'after'>,
  letter: FoundLetter,
): boolean {
  const { ordinal, lastAt } = letter.head;
  if (ordinal <= after || filter.ids?.has(ordinal) === false || !isSettled(ordinal)) return false;
  if (filter.sinceMs !== undefined && lastAt < filter.sinceMs) return false;
  return filter.reason === undefined || says(letter.note(), filter.reason);
}

function says({ reason, text, error }: LetterNote, looked: string): boolean {
  const said = [reasonName(reason), text, `${error?.name ?? ''}: ${error?.message ?? ''}`, error?.code ?? ''];
  return said.some((each) => each.toLowerCase().includes(looked.toLowerCase()));
}

/** The first so many of letters that come in any order. */
class Page {
  readonly #most: number;
  #letters: ListedLetter[] = [];
  #left = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(letter: ListedLetter): void {
    this.#letters.push(letter);
    if (this.#letters.length >= 2 * this.#most + 1_000) this.#shorten();
  }

  end(): { letters: readonly ListedLetter[]; more: number } {
    this.#shorten();
    return { letters: this.#letters, more: this.#left };
  }

  #shorten(): void {
    const sorted = this.#letters.sort((a, b) => a.id - b.id);
    const merged: ListedLetter[] = [];
    for (const letter of sorted) {
      const last = merged.at(-1);
      if (last?.id !== letter.id) merged.push(letter);
      else merged[merged.length - 1] = { ...letter, places: [...last.places, ...letter.places] };
    }
    this.#left += Math.max(0, merged.length - this.#most);
    this.#letters = merged.slice(0, this.#most);
  }
}
