// Makes the last segment's index files anew from its records, all queues' in one walk.
import type { File } from '../../files/files.js';
import { readRef, readRoute } from '../../journal/encode.js';
import { AT, RecordKind } from '../../journal/record.js';
import { scanSegment } from '../../journal/scan.js';
import type { SegmentHeader } from '../../journal/segment.js';
import { addToQueues, type KeyedRoute, keyedRoute } from './keyed-route.js';
import { indexPath, type Recovery } from './recovery-site.js';

/** Up to the segment's first record that is not whole. Each queue stands where it did when the segment began. */
export function rebuildIndexes(
  file: File,
  header: SegmentHeader,
  { files, queues }: Pick<Recovery, 'files' | 'queues'>,
): void {
  for (const queue of queues.values()) files.remove(indexPath(queue, header.firstPosition));
  // A queue that was removed is in the routes still.
  const existing = (numbers: readonly number[]) =>
    numbers.map((number) => queues.get(number)).filter((queue) => queue !== undefined);
  const routes: KeyedRoute[] = [];
  scanSegment(file, header, (record) => {
    const { view, at } = record;
    const number = view.getUint32(at + AT.route, true);
    switch (view.getUint8(at + AT.kind)) {
      case RecordKind.DATA:
        addToQueues(routes[number] ?? [], header.firstPosition, record);
        break;
      case RecordKind.ROUTE:
        routes[number] = keyedRoute(existing(readRoute(view, at)));
        break;
      case RecordKind.REF:
        readRef(view, at, (...entry) => queues.get(number)?.add(header.firstPosition, ...entry));
        break;
    }
    return true;
  });
  for (const queue of queues.values()) {
    queue.endSegment();
    // Not by a commit: what is settled is not known yet, and nothing of this is a peak of the backlog.
    queue.begin(queue.base);
    files.syncDirectory(queue.directory);
  }
}
