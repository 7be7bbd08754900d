// The main thread's side of a queue's dead letters: how many are kept, their messages by place, and the removal of some.
import { PenstockError } from '../errors.js';
import { isMissing } from '../files/files.js';
import { type Interval, IntervalSet } from '../queue/interval-set.js';
import { deadDirectory, listDeadFiles, parseDeadFileName } from './file-names.js';
import type { LetterNote } from './letter-format.js';
import { type FoundLetter, LetterReader } from './letter-reader.js';
import type { LetterPlace, ListedLetter } from './letter-search.js';
import { RemovalLog, type RemovedLetter } from './removed-letters.js';
import { NONE_WRITTEN, putInOrder, type QueueLetters, type WrittenLetters } from './start-order.js';

/** A letter as it was read. */
export interface ReadLetter {
  readonly note: LetterNote;
  /** Its message's DATA record, as it lay in the journal. */
  readonly record: Buffer;
}

export class DeadLetterStore {
  readonly #queue: QueueLetters;
  /** By file, the ordinals that were removed. */
  readonly #removed: Map<bigint, Set<number>>;
  readonly #log: RemovalLog;
  /** By name, how many letters those files have to which nobody writes since the start. */
  readonly #endedFiles: Map<string, number>;
  #kept: number;
  /** What the start could not read, a line each, for the log. */
  readonly problems: readonly string[];

  /**
   * Counts what is kept, and puts in order what is there. Before any thread of the queue runs.
   *
   * @param settled The ordinals that are settled: a letter whose entry is not is none, since the entry is delivered again.
   * @param written How many letters were written, as far as settle logs say.
   * @throws DATA_FORMAT_UNSUPPORTED about what was removed; what else cannot be read is a problem.
   */
  constructor(queue: QueueLetters, settled: IntervalSet, written: WrittenLetters = NONE_WRITTEN) {
    this.#queue = queue;
    const { files, kept, removed, nextLog, problems } = putInOrder(queue, settled, written);
    this.#removed = removed;
    this.#kept = kept;
    this.problems = problems;
    this.#endedFiles = new Map(files.map(({ name, letters }) => [name, letters]));
    this.#log = new RemovalLog(queue.files, queue.directory, queue.queueNumber, nextLog);
  }

  /** How many letters were there at the start, less those that were removed since, whenever these were written. */
  get kept(): number {
    return this.#kept;
  }

  /**
   * Reads a letter, from its newest place.
   *
   * @returns Undefined when it was removed.
   * @throws DATA_DAMAGED when its message is not what was written.
   */
  read({ id, places }: ListedLetter): ReadLetter | undefined {
    return this.#opening((open) => {
      for (const place of places.toReversed()) {
        const found = this.#find(open, id, place);
        if (found !== undefined) return { note: found.letter.note(), record: found.reader.record(found.letter) };
      }
      return undefined;
    });
  }

  /**
   * Removes letters for good: on stable storage when it returns.
   *
   * @returns How many there were of them.
   * @throws what a write or sync failed with; then none of them counts as removed, and some can be gone after a restart.
   */
  remove(letters: readonly ListedLetter[]): number {
    return this.#opening((open) => {
      const removals: RemovedLetter[] = [];
      const ordinals = new Set<number>();
      const touched = new Set<string>();
      for (const { id: ordinal, places } of letters) {
        for (const place of places) {
          const file = this.#find(open, ordinal, place)?.reader.id;
          if (file === undefined) continue;
          removals.push({ file, ordinal });
          ordinals.add(ordinal);
          touched.add(place.file);
        }
      }
      if (removals.length === 0) return 0;
      this.#log.add(removals);
      for (const { file, ordinal } of removals) this.#removedOf(file).add(ordinal);
      this.#kept -= ordinals.size;
      for (const name of touched) this.#deleteIfEmpty(name, open(name));
      return ordinals.size;
    });
  }

  /**
   * Takes out what a thread that has ended wrote about entries that it had not settled: they are delivered again, and what
   * then becomes of them is not known yet.
   *
   * @param writer Whose files, as {@link DeadLetterWriter} is told.
   * @param failed Told why, when that cannot be done: it keeps no thread from being started again.
   */
  takeOut(writer: string, entries: readonly Interval[], failed: (error: Error) => void): void {
    if (entries.length === 0) return;
    const again = IntervalSet.of(entries);
    const { files, directory } = this.#queue;
    try {
      const own = listDeadFiles(files, directory).filter(
        (each) => each.writer === writer && !this.#endedFiles.has(each.name),
      );
      const removals = this.#opening((open) => own.flatMap(({ name }) => lettersAbout(again, open(name))));
      if (removals.length > 0) this.#log.add(removals);
      for (const { file, ordinal } of removals) this.#removedOf(file).add(ordinal);
    } catch (error) {
      failed(error as Error);
    }
  }

  close(): void {
    this.#log.close();
  }

  /** A letter at its place, unless it was removed. */
  #find(
    open: OpenFile,
    ordinal: number,
    { file, offset }: LetterPlace,
  ): { readonly reader: LetterReader; readonly letter: FoundLetter } | undefined {
    const reader = open(file);
    if (reader?.id === undefined || this.#removed.get(reader.id)?.has(ordinal) === true) return undefined;
    const letter = reader.at(offset);
    if (letter.head.ordinal === ordinal) return { reader, letter };
    throw new PenstockError('DATA_DAMAGED', `${file} has another letter than ${ordinal} at byte ${offset}`);
  }

  /** Does something with files, each of which is opened once. */
  #opening<Result>(work: (open: OpenFile) => Result): Result {
    const readers = new Map<string, LetterReader | undefined>();
    try {
      return work((name) => {
        if (!readers.has(name)) readers.set(name, this.#open(name));
        return readers.get(name);
      });
    } finally {
      for (const reader of readers.values()) reader?.close();
    }
  }

  #open(name: string): LetterReader | undefined {
    if (parseDeadFileName(name) === undefined) {
      throw new PenstockError('DATA_DAMAGED', `"${name}" is no name of a file of dead letters`);
    }
    const { files, directory, queueNumber } = this.#queue;
    try {
      return new LetterReader(files, `${deadDirectory(directory)}/${name}`, queueNumber);
    } catch (error) {
      // It went with the last letter in it.
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  #removedOf(file: bigint): Set<number> {
    const known = this.#removed.get(file);
    if (known !== undefined) return known;
    const none = new Set<number>();
    this.#removed.set(file, none);
    return none;
  }

  /** A file whose thread may write to it stays; the next start deletes it. */
  #deleteIfEmpty(name: string, reader: LetterReader | undefined): void {
    if (reader?.id === undefined) return;
    const letters = reader.footer?.letters ?? this.#endedFiles.get(name);
    if (letters === undefined || this.#removedOf(reader.id).size < letters) return;
    const { files, directory } = this.#queue;
    files.remove(`${deadDirectory(directory)}/${name}`);
    // The log goes on saying that its letters were removed: should the power go now, the file would be back.
    this.#removed.delete(reader.id);
    this.#endedFiles.delete(name);
  }
}

function lettersAbout(entries: IntervalSet, reader: LetterReader | undefined): RemovedLetter[] {
  const file = reader?.id;
  if (reader === undefined || file === undefined) return [];
  const found: RemovedLetter[] = [];
  for (const { head } of reader.letters()) {
    if (entries.has(head.ordinal)) found.push({ file, ordinal: head.ordinal });
  }
  return found;
}

/** Undefined for a file that has gone. */
type OpenFile = (name: string) => LetterReader | undefined;
