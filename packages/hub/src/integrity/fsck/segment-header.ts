// Writes the header of a closed segment anew: how far each queue had come is in the index files of the segment. For queues
// that have none there it follows from the header of the next one: what the segment has of theirs was settled, and so was
// what lay between the two.
import type { File } from '../../files/files.js';
import {
  encodeSegmentHeader,
  type QueueBase,
  readSegmentHeader,
  type SegmentHeader,
  segmentName,
} from '../../journal/segment.js';
import { indexName, readIndexHeader } from '../../queue/index-file.js';
import { readSegmentEntries } from '../../queue/segment-entries.js';
import type { Examined } from './examined.js';

/**
 * Does nothing where a header of the same length cannot be made, since the records would not be where it says; nor where no
 * copy of the damaged one can be kept.
 *
 * @param known What its records tell of it.
 * @param nextPosition Where the next segment begins.
 */
export function writeHeaderAnew(examined: Examined, path: string, known: SegmentHeader, nextPosition: number): void {
  const { files, quarantine } = examined;
  const { headerBytes } = known;
  const next = `${examined.path}/journal/${segmentName(nextPosition)}`;
  const nextFile = files.open(next);
  const file = files.overwrite(path);
  try {
    const { queues } = readSegmentHeader(nextFile, next);
    const bases = queues.map((queue) => baseOf(examined, file, known, queue));
    const header = encodeSegmentHeader(known.firstPosition, bases, known.reused);
    if (header.byteLength !== headerBytes) return;
    if (quarantine.keepCopy('journal', path, file, 0, headerBytes) === undefined) return;
    file.append(header);
    file.sync();
  } finally {
    file.close();
    nextFile.close();
  }
}

function baseOf({ files, queues }: Examined, segment: File, known: SegmentHeader, next: QueueBase): QueueBase {
  const directory = queues.get(next.number)?.record.directory;
  const name = indexName(known.firstPosition);
  if (directory === undefined || !files.list(directory).includes(name)) return before(segment, known, next);
  const file = files.open(`${directory}/${name}`);
  try {
    const { baseOrdinal, baseBytes } = readIndexHeader(file, name);
    return { number: next.number, enqueued: baseOrdinal, enqueuedBytes: baseBytes };
  } finally {
    file.close();
  }
}

/** Where a queue stood before the segment, of which it has all entries behind it. */
function before(segment: File, known: SegmentHeader, { number, enqueued, enqueuedBytes }: QueueBase): QueueBase {
  const entries = readSegmentEntries(segment, known, { number, orderKey: undefined }).runs.flat();
  const bytes = entries.reduce((sum, { length }) => sum + length, 0);
  return { number, enqueued: enqueued - entries.length, enqueuedBytes: enqueuedBytes - bytes };
}
