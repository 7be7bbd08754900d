// The audit of the queues of a data directory on which no hub runs, counted anew: what was put into a queue from its index
// entries, one by one, what became of it from its settle logs, record by record. No sum that a hub had kept is believed.
import { setImmediate as breath } from 'node:timers/promises';
import type { Files } from '../files/files.js';
import { readHubFile } from '../files/hub-file.js';
import { IntervalSet } from '../queue/interval-set.js';
import type { Queue } from '../queue/registry.js';
import { readSettledState } from '../settlement/settled-state.js';
import { openAsStart } from './as-start.js';
import { auditOf, countedEntries, type QueueAudit } from './audit.js';
import { countEnqueued } from './count-enqueued.js';
import { countEntries } from './count-entries.js';

/**
 * Audits all queues, in the order in which they were made.
 *
 * @param files Those of the data directory; they are only read.
 * @returns Undefined where no hub has ever run.
 * @throws (rejects) DATA_DIR_UNUSABLE, DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED
 */
export async function auditStored(files: Files, dataDirectory: string): Promise<QueueAudit[] | undefined> {
  const hub = readHubFile(files, dataDirectory);
  if (hub === undefined) return undefined;
  const directory = openAsStart(files, dataDirectory, hub);
  const enqueued = countEnqueued(files, `${dataDirectory}/journal`);
  const audits: QueueAudit[] = [];
  for (const { record, shared } of directory.queues) {
    // Or nothing could be shown meanwhile.
    await breath();
    const inJournal = Math.max(shared.enqueued.get(), enqueued.get(record.number) ?? 0);
    audits.push(auditQueue(directory.files, record, inJournal));
  }
  return audits;
}

/** @param opened How far the journal says that the queue has come. */
function auditQueue(files: Files, { number, name, directory }: Queue, opened: number): QueueAudit {
  const entries = countEntries(files, directory);
  const enqueued = Math.max(opened, entries.end);
  const { settled, retries, tallies } = readSettledState(files, `${directory}/settled`, number);
  const findings: string[] = [];
  const beyond = lengthOf(settled) - lengthOf(within(settled, enqueued));
  if (beyond > 0) {
    findings.push(`its settle logs tell of ${countedEntries(beyond)} that the journal never put into it`);
  }
  const unsettled = IntervalSet.of(settled.gaps(0, enqueued));
  const missing = [...unsettled].flatMap(({ from, to }) => entries.present.gaps(from, to));
  const missed = missing.reduce((sum, { from, to }) => sum + to - from, 0);
  if (missed > 0) {
    findings.push(
      `${countedEntries(missed)} that are not settled have no index entry, from number ${missing[0]?.from} on`,
    );
  }
  const counted = tallies.reduce((sum, { count }) => sum + count, 0);
  const uncounted = lengthOf(settled) - counted;
  if (uncounted > 0) findings.push(`${countedEntries(uncounted)} are settled, and no log says with which outcome`);
  if (uncounted < 0) findings.push(`${countedEntries(-uncounted)} were counted as settled more than once`);
  const retrying = retries.filter(({ ordinal }) => unsettled.has(ordinal) && entries.present.has(ordinal)).length;
  const waiting = lengthOf(unsettled) - missed - retrying;
  const open = { waiting, inFlight: 0, retrying };
  return auditOf({ number, name, enqueued, tallies, open, findings });
}

const lengthOf = (intervals: IntervalSet): number => [...intervals].reduce((sum, { from, to }) => sum + to - from, 0);

function within(intervals: IntervalSet, end: number): IntervalSet {
  const inside = IntervalSet.of(intervals);
  inside.dropFrom(end);
  return inside;
}
