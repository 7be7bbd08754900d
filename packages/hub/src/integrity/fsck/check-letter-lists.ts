// Checks what says which dead letters of a queue there are: the logs of those that were removed, and the list of the files
// that there were at the last start.
import { crc32 } from 'node:zlib';
import { deadDirectory, parseRemovedLogName } from '../../dead-letters/file-names.js';
import { KEPT_FILE, readKept, writeKept } from '../../dead-letters/kept-list.js';
import { RemovalLog, readRemovedLetters } from '../../dead-letters/removed-letters.js';
import { readWhole } from '../../files/files.js';
import { viewOf } from '../../journal/record.js';
import { below, type Examined, type ExaminedQueue, problemOf } from './examined.js';
import { damage, type Found } from './finding.js';

/** Of a log of removed letters, its header too. */
const REMOVED_RECORD_BYTES = 32;

export function* checkLetterLists(examined: Examined, queue: ExaminedQueue): Generator<Found, void> {
  yield* checkKept(examined, queue);
  for (const name of examined.files.list(deadDirectory(queue.record.directory))) {
    if (parseRemovedLogName(name) !== undefined) yield* checkRemovals(examined, queue, name);
  }
}

/** Whether every file that there was at the last start is there still, or went with the last letter in it. */
function* checkKept(examined: Examined, { record }: ExaminedQueue): Generator<Found, void> {
  const { files, quarantine } = examined;
  const { directory, number } = record;
  const list = `${deadDirectory(directory)}/${KEPT_FILE}`;
  const at = { path: below(examined, list) };
  const kept = readKept(files, directory);
  if (kept === 'damaged') {
    const problem = 'it is not what was written: whether files of dead letters are missing is not known';
    const mend = () => void quarantine.moveAside('dead-letters', list);
    yield damage({ ...at, problem, repair: 'it is set aside; the next start makes it anew', mend });
    return;
  }
  const there = new Set(files.list(deadDirectory(directory)));
  const missing = [...kept].filter(
    ([name, { letters, id }]) => !there.has(name) && letters > removedOf(files, record, id),
  );
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name);
  const letters = missing.reduce((sum, [, each]) => sum + each.letters - removedOf(files, record, each.id), 0);
  const mend = () => writeKept(files, directory, new Map([...kept].filter(([name]) => !names.includes(name))));
  const problem = `${letters} dead letters of queue ${number} are missing, with ${names.join(', ')}`;
  yield damage({ ...at, problem, repair: 'they are forgotten', mend });
}

function removedOf(files: Examined['files'], { directory, number }: ExaminedQueue['record'], id: bigint): number {
  try {
    return readRemovedLetters(files, directory, number).byFile.get(id)?.size ?? 0;
  } catch (error) {
    problemOf(error);
    return 0;
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
