// A queue with dead letters in memory, for tests of what writes, reads and removes them.
import type { MemoryFiles } from '../files/memory-files.js';
import { type ExampleMessage, exampleRecord } from '../journal/segment.fixture.js';
import { IntervalSet } from '../queue/interval-set.js';
import { SettleReason } from '../settlement/settle-record.js';
import { DeadLetterWriter, type NewDeadLetter } from './dead-letter-file.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { findLetters, type LetterFilter, type ListedLetter } from './letter-search.js';

export const QUEUE = { directory: '/queue', queueNumber: 3 };

/** A letter of a message that lies at a position that follows from the ordinal. */
export function exampleLetter(
  ordinal: number,
  { body = `message ${ordinal}`, ...given }: Partial<NewDeadLetter> & Pick<ExampleMessage, 'body'> = {},
): NewDeadLetter {
  return {
    ordinal,
    record: exampleRecord(1_000 * ordinal, { topic: 'a.b', body, headers: { n: String(ordinal) } }),
    reason: SettleReason.CONSUMER,
    text: `reason ${ordinal}`,
    error: undefined,
    attempts: 1 + (ordinal % 20),
    firstAt: 1_764_000_000_000 + ordinal,
    lastAt: 1_764_000_060_000 + ordinal,
    ...given,
  };
}

export function newWriter(files: MemoryFiles, incarnation = 1, writer = 't0'): DeadLetterWriter {
  return new DeadLetterWriter({ ...QUEUE, files, writer, incarnation });
}

/** Writes letters as one thread does that ends in order, or with its process. */
export function writeLetters(
  files: MemoryFiles,
  ordinals: readonly number[],
  { incarnation = 1, writer = 't0', closed = true } = {},
): void {
  const letters = newWriter(files, incarnation, writer);
  for (const ordinal of ordinals) letters.add(exampleLetter(ordinal));
  letters.sync();
  if (closed) letters.close();
}

/** All entries below it are settled. */
export const settledBelow = (ordinal: number): IntervalSet => IntervalSet.of([{ from: 0, to: ordinal }]);

/** What a start finds, where all entries are settled. */
export const openStore = (files: MemoryFiles, settled = settledBelow(1_000_000)): DeadLetterStore =>
  new DeadLetterStore({ ...QUEUE, files }, settled);

export function search(files: MemoryFiles, filter: LetterFilter = {}, most = 100, after = -1): readonly ListedLetter[] {
  return findLetters({ ...QUEUE, files, filter, most, after, isSettled: () => true }).letters;
}

/** The ids of all letters that are seen. */
export const idsIn = (files: MemoryFiles, filter?: LetterFilter): number[] => search(files, filter).map(({ id }) => id);
