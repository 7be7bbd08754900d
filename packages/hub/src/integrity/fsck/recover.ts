// What a hub's start does with the journal, done by a repair: the last segment is cut behind its last whole record, damage in
// it is set aside, its index files are made anew, and a new segment begins above every position and ordinal that was given.
import { JournalWriter } from '../../enqueuer/writer/journal-writer.js';
import { openJournal } from '../../enqueuer/writer/recovery.js';
import { SpareSegments } from '../../enqueuer/writer/spare-segments.js';
import { EnqueuedQueue } from '../../enqueuer/writer/writer-queue.js';
import { NO_THREADS, QueueShared } from '../../queue/shared.js';
import type { Examined } from './examined.js';
import type { Found } from './finding.js';

/** One for all findings of a check. */
const mends = new WeakMap<Examined, () => void>();

/** What a finding about the journal's end has in common with others about it. */
export function recover(examined: Examined): Required<Pick<Found, 'repair' | 'mend'>> {
  const mend = mends.get(examined) ?? (() => recoverJournal(examined));
  mends.set(examined, mend);
  return { repair: 'it is put in order as by a start', mend };
}

function recoverJournal({ files, path, queues, ends }: Examined): void {
  const journal = `${path}/journal`;
  files.makeDirectory(journal);
  const opened = [...queues.values()].map(({ record: { number, name, directory, orderKey } }) => {
    const shared = QueueShared.allocate(NO_THREADS);
    return new EnqueuedQueue(files, { number, name, directory, shared, shape: NO_THREADS, orderKey });
  });
  const byNumber = new Map(opened.map((queue) => [queue.number, queue]));
  const { nextPosition } = openJournal(files, journal, byNumber, false, ends);
  const writer = new JournalWriter(files, journal, byNumber, new SpareSegments(files, journal), nextPosition);
  writer.beginSegment();
  writer.endSegment();
}
