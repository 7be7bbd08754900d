// Checks for index files whose segment is gone: entries in them that are not settled can never be delivered.
import { positionOfName } from '../../journal/segment.js';
import { IndexCheck } from './check-index.js';
import { segmentPositions } from './check-journal.js';
import { below, type Examined, type ExaminedQueue, problemOf, settleAsDamaged } from './examined.js';
import { damage, type Found, note } from './finding.js';

export function* checkOrphans(examined: Examined, queue: ExaminedQueue): Generator<Found, void> {
  const segments = new Set(segmentPositions(examined));
  const { directory, name: consumer } = queue.record;
  for (const name of examined.files.list(directory)) {
    const first = positionOfName(name, '.idx');
    if (first === undefined || segments.has(first)) continue;
    const path = `${directory}/${name}`;
    const at = { path: below(examined, path) };
    let check: IndexCheck;
    try {
      check = new IndexCheck(examined.files, path);
    } catch (error) {
      const mend = () => void examined.quarantine.moveAside('index', path);
      yield damage({ ...at, problem: `${problemOf(error)}, and its segment is gone`, repair: 'it is set aside', mend });
      continue;
    }
    try {
      const entries = [...check.entriesIn([{ from: 0, to: Number.POSITIVE_INFINITY }])];
      const lost = entries.filter(({ ordinal }) => !queue.settled.has(ordinal));
      if (lost.length === 0) {
        yield note({ ...at, problem: 'its segment is gone; all entries in it are settled' });
        continue;
      }
      yield damage({
        ...at,
        problem: `its segment journal/${name.replace('.idx', '.seg')} is missing`,
        lost: [{ consumer, entries: lost.length }],
        repair: 'the entries count as damaged',
        mend: () => settleAsDamaged(examined, queue, lost),
      });
    } finally {
      check.close();
    }
  }
}
