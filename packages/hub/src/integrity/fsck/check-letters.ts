// Checks the files of dead letters of a queue: every letter with what is said of it and its message. A repair writes the
// whole ones anew, and sets the file aside.
import { DeadLetterWriter } from '../../dead-letters/dead-letter-file.js';
import { type DeadFileName, deadDirectory, listDeadFiles } from '../../dead-letters/file-names.js';
import { readKept, writeKept } from '../../dead-letters/kept-list.js';
import { type FoundLetter, LetterReader, type UnreadableBytes } from '../../dead-letters/letter-reader.js';
import { type RemovedByFile, readRemovedLetters } from '../../dead-letters/removed-letters.js';
import { PenstockError } from '../../errors.js';
import { checkLetterLists } from './check-letter-lists.js';
import { below, type Examined, type ExaminedQueue, problemOf } from './examined.js';
import { damage, type Found, note } from './finding.js';

export function* checkLetters(examined: Examined, queue: ExaminedQueue): Generator<Found, void> {
  for (const file of listDeadFiles(examined.files, queue.record.directory)) yield* checkFile(examined, queue, file);
  yield* checkLetterLists(examined, queue);
}

function* checkFile(examined: Examined, queue: ExaminedQueue, name: DeadFileName): Generator<Found, void> {
  const { files, quarantine } = examined;
  const path = `${deadDirectory(queue.record.directory)}/${name.name}`;
  const at = { path: below(examined, path) };
  let reader: LetterReader;
  try {
    reader = new LetterReader(files, path, queue.record.number);
  } catch (error) {
    const mend = () => void quarantine.moveAside('dead-letters', path);
    yield damage({ ...at, problem: problemOf(error), repair: 'it is set aside, with the letters in it', mend });
    return;
  }
  try {
    const { whole, broken, damagedBytes, tornBytes } = readLetters(reader);
    const { footer, bytes } = reader;
    const missing = footer === undefined ? broken : footer.letters - whole.length;
    const repair = 'the letters that can be read are written anew, and it is set aside';
    const mend = () => rewrite(examined, queue, name);
    if (missing > 0 || damagedBytes > 0) {
      const count = missing > 0 ? `${missing} letters` : `${damagedBytes} bytes of letters`;
      yield damage({ ...at, problem: `${count} are not what was written`, repair, mend });
    } else if (tornBytes > 0) {
      const problem = 'it ends in the middle of a letter, which was being written when its hub or thread ended';
      yield note({ ...at, bytes: { from: bytes - tornBytes, to: bytes }, problem, repair, mend });
    }
  } finally {
    reader.close();
  }
}

interface ReadLetters extends UnreadableBytes {
  /** Those that can be read with their messages. */
  readonly whole: readonly FoundLetter[];
  /** How many have a message that is not what was written. */
  readonly broken: number;
}

function readLetters(reader: LetterReader): ReadLetters {
  const whole: FoundLetter[] = [];
  let broken = 0;
  const letters = reader.letters();
  for (let next = letters.next(); ; next = letters.next()) {
    if (next.done) return { whole, broken, ...next.value };
    try {
      reader.record(next.value);
      whole.push(next.value);
    } catch (error) {
      problemOf(error);
      broken++;
    }
  }
}

/** Cut off in the middle, it is done again: what is in another file already is not written once more. */
function rewrite({ files, quarantine }: Examined, { record }: ExaminedQueue, { name, writer }: DeadFileName): void {
  const { directory, number: queueNumber } = record;
  const path = `${deadDirectory(directory)}/${name}`;
  const all = listDeadFiles(files, directory);
  const { byFile } = readRemovedLetters(files, directory, queueNumber);
  const elsewhere = new Set(
    all.filter((each) => each.name !== name).flatMap((each) => ordinalsIn(files, directory, queueNumber, each, byFile)),
  );
  const incarnation = all.reduce((most, each) => Math.max(most, each.incarnation), 0) + 1;
  const letters = new DeadLetterWriter({ files, directory, writer, incarnation, queueNumber });
  const reader = new LetterReader(files, path, queueNumber);
  try {
    const removed = byFile.get(reader.id ?? 0n);
    for (const letter of readLetters(reader).whole) {
      const { ordinal } = letter.head;
      if (elsewhere.has(ordinal) || removed?.has(ordinal)) continue;
      letters.add({ ...reader.at(letter.offset).note(), record: reader.record(letter) });
    }
    letters.sync();
    letters.close();
  } finally {
    reader.close();
  }
  const kept = readKept(files, directory);
  if (kept !== 'damaged') writeKept(files, directory, new Map([...kept].filter(([each]) => each !== name)));
  quarantine.moveAside('dead-letters', path);
}

/** Without those that were removed: the same entry can have become a dead letter again, in another file. */
function ordinalsIn(
  files: Examined['files'],
  directory: string,
  queueNumber: number,
  { name }: DeadFileName,
  removed: RemovedByFile,
): number[] {
  try {
    const reader = new LetterReader(files, `${deadDirectory(directory)}/${name}`, queueNumber);
    try {
      const gone = removed.get(reader.id ?? 0n);
      const ordinals = readLetters(reader).whole.map(({ head }) => head.ordinal);
      return ordinals.filter((ordinal) => gone?.has(ordinal) !== true);
    } finally {
      reader.close();
    }
  } catch (error) {
    if (error instanceof PenstockError) return [];
    throw error;
  }
}
