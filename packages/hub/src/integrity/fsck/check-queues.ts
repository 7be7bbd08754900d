// Checks what each queue has of its own: settle logs, dead letters, and index files whose segment is gone. Those of segments
// that are there are checked with the segment.
import { countEnqueued } from '../count-enqueued.js';
import { countEntries } from '../count-entries.js';
import { checkLetters } from './check-letters.js';
import { checkOrphans } from './check-orphans.js';
import { checkSettleLogs } from './check-settled.js';
import type { Examined } from './examined.js';
import type { Found } from './finding.js';

export function* checkQueues(examined: Examined): Generator<Found, void> {
  const { files, path } = examined;
  const inJournal = countEnqueued(files, `${path}/journal`);
  for (const queue of examined.queues.values()) {
    yield* checkOrphans(examined, queue);
    const inIndex = countEntries(files, queue.record.directory).end;
    // Where neither can be read, nothing can be said of what lies beyond them.
    const enqueued = Math.max(inJournal.get(queue.record.number) ?? Number.POSITIVE_INFINITY, inIndex);
    yield* checkSettleLogs(examined, queue, enqueued);
    yield* checkLetters(examined, queue);
  }
}
