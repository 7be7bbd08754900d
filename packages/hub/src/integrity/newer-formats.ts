// Refuses a data directory in which any file is of a newer format, before anything in it is written: what an older Penstock
// does to files that it half understands, nobody can put right.
import { deadDirectory, listDeadFiles } from '../dead-letters/file-names.js';
import { readKept } from '../dead-letters/kept-list.js';
import { LetterReader } from '../dead-letters/letter-reader.js';
import { readRemovedLetters } from '../dead-letters/removed-letters.js';
import { PenstockError } from '../errors.js';
import type { File, Files } from '../files/files.js';
import { positionOfName, readSegmentHeader } from '../journal/segment.js';
import { readIndexHeader } from '../queue/index-file.js';
import { type Queue, QueueRegistry } from '../queue/registry.js';
import { readSettledState } from '../settlement/settled-state.js';

/**
 * Looks at the beginning of every file. Damage is for others to find: a version in a damaged header says nothing.
 *
 * @throws DATA_FORMAT_UNSUPPORTED naming the file and its version.
 */
export function refuseNewerFormats(files: Files, dataDirectory: string): void {
  const journal = `${dataDirectory}/journal`;
  for (const path of withExtension(files, journal, '.seg')) look(files, path, readSegmentHeader);
  for (const queue of unlessDamaged(() => new QueueRegistry(files, dataDirectory).list()) ?? []) {
    refuseInQueue(files, queue);
  }
}

function refuseInQueue(files: Files, { directory, number }: Queue): void {
  for (const path of withExtension(files, directory, '.idx')) look(files, path, readIndexHeader);
  unlessDamaged(() => readSettledState(files, `${directory}/settled`, number));
  for (const { name } of listDeadFiles(files, directory)) {
    unlessDamaged(() => new LetterReader(files, `${deadDirectory(directory)}/${name}`, number).close());
  }
  unlessDamaged(() => readRemovedLetters(files, directory, number));
  readKept(files, directory);
}

function look(files: Files, path: string, readHeader: (file: File, path: string) => unknown): void {
  const file = files.open(path);
  try {
    unlessDamaged(() => readHeader(file, path));
  } finally {
    file.close();
  }
}

const withExtension = (files: Files, directory: string, extension: '.seg' | '.idx'): string[] =>
  files
    .list(directory)
    .filter((name) => positionOfName(name, extension) !== undefined)
    .map((name) => `${directory}/${name}`);

function unlessDamaged<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PenstockError && error.code !== 'DATA_FORMAT_UNSUPPORTED') return undefined;
    throw error;
  }
}
