// Checks what says which dead letters of a queue there are: the logs of those that were removed, and the list of the files
// that there were at the last start.
import { deadDirectory } from '../../dead-letters/file-names.js';
import { KEPT_FILE, readKept, writeKept } from '../../dead-letters/kept-list.js';
import { RemovalLog, readRemovedLetters } from '../../dead-letters/removed-letters.js';
import { below, type Examined, type ExaminedQueue } from './examined.js';
import { damage, type Found } from './finding.js';

export function* checkLetterLists(examined: Examined, queue: ExaminedQueue): Generator<Found, void> {
  yield* checkKept(examined, queue);
  yield* checkRemovals(examined, queue);
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
  return readRemovedLetters(files, directory, number).byFile.get(id)?.size ?? 0;
}

function* checkRemovals(examined: Examined, { record }: ExaminedQueue): Generator<Found, void> {
  const { files, quarantine } = examined;
  const { directory, number } = record;
  for (const { name, problem } of readRemovedLetters(files, directory, number).damaged) {
    const path = `${deadDirectory(directory)}/${name}`;
    const mend = () => {
      const known = readRemovedLetters(files, directory, number);
      const letters = [...known.byFile].flatMap(([file, ordinals]) =>
        [...ordinals].map((ordinal) => ({ file, ordinal })),
      );
      if (letters.length > 0) {
        const log = new RemovalLog(files, directory, number, known.nextLog);
        log.add(letters);
        log.close();
      }
      quarantine.moveAside('dead-letters', path);
    };
    yield damage({
      path: below(examined, path),
      problem: `${problem}: letters that were removed may be seen again`,
      repair: 'what can be read of it is written anew, and it is set aside',
      mend,
    });
  }
}
