// How many entries the journal has put into each queue, from its last segment: what that began with, and its records.
import { PenstockError } from '../errors.js';
import { type Files, isMissing } from '../files/files.js';
import { readRef, readRoute } from '../journal/encode.js';
import { AT, RecordKind } from '../journal/record.js';
import { scanSegment } from '../journal/scan.js';
import { positionOfName, readSegmentHeader } from '../journal/segment.js';

/**
 * @returns By queue number; a queue that the segment says nothing of is left out, and all are where it cannot be read.
 * @throws DATA_FORMAT_UNSUPPORTED naming the segment.
 */
export function countEnqueued(files: Files, journalDirectory: string): Map<number, number> {
  const counts = new Map<number, number>();
  const name = files.list(journalDirectory).findLast((each) => positionOfName(each, '.seg') !== undefined);
  if (name === undefined) return counts;
  const path = `${journalDirectory}/${name}`;
  const file = files.open(path);
  try {
    const header = readSegmentHeader(file, path);
    for (const { number, enqueued } of header.queues) counts.set(number, enqueued);
    const add = (queue: number, entries: number) => counts.set(queue, (counts.get(queue) ?? 0) + entries);
    const routes = new Map<number, readonly number[]>();
    scanSegment(file, header, ({ view, at }) => {
      const number = view.getUint32(at + AT.route, true);
      switch (view.getUint8(at + AT.kind)) {
        case RecordKind.DATA:
          for (const queue of routes.get(number) ?? []) add(queue, 1);
          break;
        case RecordKind.ROUTE:
          routes.set(number, readRoute(view, at));
          break;
        case RecordKind.REF:
          readRef(view, at, () => add(number, 1));
          break;
      }
      return true;
    });
    return counts;
  } catch (error) {
    if (isMissing(error) || (error instanceof PenstockError && error.code === 'DATA_DAMAGED')) return new Map();
    throw error;
  } finally {
    file.close();
  }
}
