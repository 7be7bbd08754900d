// Checks the dead letters of a queue: every letter with what is said of it and its message, and the logs of which were
// removed.
import { crc32 } from 'node:zlib';
import { DeadLetterWriter } from '../../dead-letters/dead-letter-file.js';
import { type DeadFileName, deadDirectory, listDeadFiles, parseRemovedLogName } from '../../dead-letters/file-names.js';
import { type FoundLetter, LetterReader } from '../../dead-letters/letter-reader.js';
import { RemovalLog, readRemovedLetters } from '../../dead-letters/removed-letters.js';
import { PenstockError } from '../../errors.js';
import { readWhole } from '../../files/files.js';
import { viewOf } from '../../journal/record.js';
import { below, type Examined, type ExaminedQueue, problemOf } from './examined.js';
import { damage, type Found, note } from './finding.js';

/** Of a log of removed letters, its header too. */
const REMOVED_RECORD_BYTES = 32;

export function* checkLetters(examined: Examined, queue: ExaminedQueue): Generator<Found, void> {
  for (const file of listDeadFiles(examined.files, queue.record.directory)) yield* checkFile(examined, queue, file);
  for (const name of examined.files.list(deadDirectory(queue.record.directory))) {
    if (parseRemovedLogName(name) !== undefined) yield* checkRemovals(examined, queue, name);
  }
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
    const { whole, unreadBytes } = readLetters(reader);
    const missing = reader.footer === undefined ? 0 : reader.footer.letters - whole.length;
    const isTorn = reader.footer === undefined && missing === 0;
    if (missing <= 0 && unreadBytes === 0) return;
    const repair = 'the letters that can be read are written anew, and it is set aside';
    const mend = () => rewrite(examined, queue, name);
    if (isTorn) {
      const bytes = { from: reader.bytes - unreadBytes, to: reader.bytes };
      yield note({
        ...at,
        bytes,
        problem: 'it ends in the middle of a letter, which was being written when its hub ended',
        repair,
        mend,
      });
    } else
      yield damage({
        ...at,
        problem: `${missing} of its ${reader.footer?.letters} letters are not what was written`,
        repair,
        mend,
      });
  } finally {
    reader.close();
  }
}

/** The letters that can be read with their messages. */
function readLetters(reader: LetterReader): { whole: FoundLetter[]; unreadBytes: number } {
  const whole: FoundLetter[] = [];
  const letters = reader.letters();
  for (let next = letters.next(); ; next = letters.next()) {
    if (next.done) return { whole, unreadBytes: next.value.damagedBytes + next.value.tornBytes };
    try {
      reader.record(next.value);
      whole.push(next.value);
    } catch (error) {
      if (!(error instanceof PenstockError)) throw error;
    }
  }
}

/** Cut off in the middle, it is done again: what is in another file already is not written once more. */
function rewrite({ files, quarantine }: Examined, { record }: ExaminedQueue, { name, writer }: DeadFileName): void {
  const { directory, number: queueNumber } = record;
  const path = `${deadDirectory(directory)}/${name}`;
  const all = listDeadFiles(files, directory);
  const elsewhere = new Set(
    all.filter((each) => each.name !== name).flatMap((each) => ordinalsIn(files, directory, queueNumber, each)),
  );
  const incarnation = all.reduce((most, each) => Math.max(most, each.incarnation), 0) + 1;
  const letters = new DeadLetterWriter({ files, directory, writer, incarnation, queueNumber });
  const reader = new LetterReader(files, path, queueNumber);
  try {
    const removed = readRemovedLetters(files, directory, queueNumber).byFile.get(reader.id ?? 0n);
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
  quarantine.moveAside('dead-letters', path);
}

function ordinalsIn(
  files: Examined['files'],
  directory: string,
  queueNumber: number,
  { name }: DeadFileName,
): number[] {
  try {
    const reader = new LetterReader(files, `${deadDirectory(directory)}/${name}`, queueNumber);
    try {
      return readLetters(reader).whole.map(({ head }) => head.ordinal);
    } finally {
      reader.close();
    }
  } catch (error) {
    if (error instanceof PenstockError) return [];
    throw error;
  }
}

function* checkRemovals(examined: Examined, { record }: ExaminedQueue, name: string): Generator<Found, void> {
  const { files, quarantine } = examined;
  const { directory, number } = record;
  const path = `${deadDirectory(directory)}/${name}`;
  const bytes = readWhole(files, path);
  const view = viewOf(bytes);
  let bad = 0;
  let trueBehind = false;
  for (let at = REMOVED_RECORD_BYTES; at + REMOVED_RECORD_BYTES <= bytes.byteLength; at += REMOVED_RECORD_BYTES) {
    const isTrue = view.getUint32(at, true) === crc32(bytes.subarray(at + 4, at + REMOVED_RECORD_BYTES));
    if (!isTrue) bad++;
    else if (bad > 0) trueBehind = true;
  }
  let problem = trueBehind
    ? `${bad} of its records are not what was written: letters that were removed are seen again`
    : undefined;
  let known: ReturnType<typeof readRemovedLetters> | undefined;
  try {
    known = readRemovedLetters(files, directory, number);
  } catch (error) {
    problem = problemOf(error);
  }
  if (problem === undefined) return;
  const mend = () => {
    const letters = [...(known?.byFile ?? [])].flatMap(([file, ordinals]) =>
      [...ordinals].map((ordinal) => ({ file, ordinal })),
    );
    if (known !== undefined && letters.length > 0) {
      const log = new RemovalLog(files, directory, number, known.nextLog);
      log.add(letters);
      log.close();
    }
    quarantine.moveAside('dead-letters', path);
  };
  yield damage({
    path: below(examined, path),
    problem,
    repair: 'what can be read of it is written anew, and it is set aside',
    mend,
  });
}
