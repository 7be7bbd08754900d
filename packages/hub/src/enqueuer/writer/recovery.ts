// Opens the journal as the last hub left it. After a clean stop the last segment's header and index footers say all; else
// its torn tail is cut, and its index files are made anew from its records. Damage is set aside and told of, with what is
// lost of which queue; it never keeps a hub from starting, and no position or ordinal that was given is given again.
import type { Damage, LostEntries } from '../../files/damage.js';
import type { Files } from '../../files/files.js';
import type { JournalEnds } from '../../files/hub-file.js';
import { Quarantine } from '../../files/quarantine.js';
import { positionOfName } from '../../journal/segment.js';
import { readHeaderAnyhow } from '../../journal/segment-files.js';
import type { OpenReport } from '../protocol.js';
import { ClosedIndexes } from './closed-indexes.js';
import { type LastSegment, openLastSegment } from './last-segment.js';
import { QueueKnowledge } from './queue-knowledge.js';
import type { FoundSegment, Queues, Recovery } from './recovery-site.js';
import type { EnqueuedQueue } from './writer-queue.js';

/**
 * Brings every queue to where the journal says it stands.
 *
 * @param directory The journal's; what is damaged goes into a folder beside it.
 * @param clean Whether the last hub stopped as it should.
 * @param ends How far all had come then, as far as anything says so.
 * @throws DATA_FORMAT_UNSUPPORTED, naming the file.
 */
export function openJournal(
  files: Files,
  directory: string,
  queues: Queues,
  clean: boolean,
  ends?: JournalEnds,
): OpenReport {
  for (const each of [directory, ...[...queues.values()].map((queue) => queue.directory)]) removeBegun(files, each);
  const dataDirectory = directory.slice(0, directory.lastIndexOf('/'));
  const quarantine = new Quarantine(files, dataDirectory);
  const damage: Damage[] = [];
  const recovery = { files, directory, queues, quarantine, ends, knowledge: new QueueKnowledge(files), damage };
  const segments = readSegments(recovery);
  const closed = new ClosedIndexes(recovery, segments);
  closed.check();
  const opened = openLast(recovery, segments, closed, clean);
  const nextPosition = Math.max(opened.nextPosition, closed.endPosition, ends?.position ?? 0);
  for (const queue of queues.values()) keepOrdinals(recovery, queue, closed);
  return { nextPosition, cut: opened.cut, damage };
}

/** Removes the files that the last hub had begun under another name than theirs. */
function removeBegun(files: Files, directory: string): void {
  for (const name of files.list(directory)) {
    if (name.endsWith('.tmp')) files.remove(`${directory}/${name}`);
  }
}

/** The segments, oldest first; one in which nothing can be read is moved aside. */
function readSegments({ files, directory, quarantine, damage }: Recovery): FoundSegment[] {
  return files.list(directory).flatMap((name) => {
    const firstPosition = positionOfName(name, '.seg');
    if (firstPosition === undefined) return [];
    const path = `${directory}/${name}`;
    const file = files.open(path);
    try {
      const header = readHeaderAnyhow(file, path, firstPosition);
      if (header?.isTrue) return [{ firstPosition, header }];
      const end = header?.headerBytes ?? file.size();
      const aside =
        header === undefined
          ? quarantine.moveAside('journal', path)
          : quarantine.keepCopy('journal', path, file, 0, end);
      const problem =
        header === undefined ? 'nothing in it can be read' : 'its header is damaged; its records are read on';
      damage.push({ kind: 'journal', path, problem, aside, lost: [] });
      return header === undefined ? [] : [{ firstPosition, header }];
    } finally {
      file.close();
    }
  });
}

function openLast(
  recovery: Recovery,
  segments: readonly FoundSegment[],
  closed: ClosedIndexes,
  clean: boolean,
): LastSegment {
  const last = segments.at(-1);
  for (const queue of recovery.queues.values()) queue.begin(closed.endOf(queue));
  if (last !== undefined) return openLastSegment(recovery, last, clean);
  return { nextPosition: 0, cut: undefined };
}

/**
 * Lets a queue go on above every ordinal that it has given, also where the journal's end is gone: what settle logs and dead
 * letters say of an ordinal is of the entry that had it.
 */
function keepOrdinals(
  { directory, knowledge, ends, damage }: Recovery,
  queue: EnqueuedQueue,
  closed: ClosedIndexes,
): void {
  const { enqueued, enqueuedBytes } = queue.base;
  const to = Math.max(enqueued, closed.orphanEndOf(queue), knowledge.knownTo(queue), ends?.queues[queue.number] ?? 0);
  if (to === enqueued) return;
  const entries = knowledge.unsettledIn(queue, enqueued, to);
  queue.begin({ enqueued: to, enqueuedBytes });
  if (entries === 0 || closed.orphanEndOf(queue) >= to) return;
  const lost: LostEntries[] = [{ consumer: queue.name, entries }];
  damage.push({ kind: 'journal', path: directory, problem: 'its end is missing', aside: undefined, lost });
}
