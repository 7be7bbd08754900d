// Writes the header of a closed segment anew: how far each queue had come is in the index files of the segment, and for
// queues that have none there in the header of the next one, since nothing was put into them meanwhile.
import {
  encodeSegmentHeader,
  type QueueBase,
  readSegmentHeader,
  type SegmentHeader,
  segmentName,
} from '../../journal/segment.js';
import { indexName, readIndexHeader } from '../../queue/index-file.js';
import type { Examined } from './examined.js';

/**
 * Does nothing where a header of the same length cannot be made: the records would not be where it says.
 *
 * @param known What its records tell of it.
 * @param nextPosition Where the next segment begins.
 */
export function writeHeaderAnew(examined: Examined, path: string, known: SegmentHeader, nextPosition: number): void {
  const { files, quarantine } = examined;
  const { firstPosition, headerBytes } = known;
  const next = `${examined.path}/journal/${segmentName(nextPosition)}`;
  const nextFile = files.open(next);
  let queues: readonly QueueBase[];
  try {
    queues = readSegmentHeader(nextFile, next).queues.map((queue) => baseOf(examined, queue, firstPosition));
  } finally {
    nextFile.close();
  }
  const header = encodeSegmentHeader(firstPosition, queues, known.reused);
  if (header.byteLength !== headerBytes) return;
  const file = files.overwrite(path);
  try {
    quarantine.keepCopy('journal', path, file, 0, headerBytes);
    file.append(header);
    file.sync();
  } finally {
    file.close();
  }
}

function baseOf({ files, queues }: Examined, next: QueueBase, firstPosition: number): QueueBase {
  const directory = queues.get(next.number)?.record.directory;
  const name = indexName(firstPosition);
  if (directory === undefined || !files.list(directory).includes(name)) return next;
  const file = files.open(`${directory}/${name}`);
  try {
    const { baseOrdinal, baseBytes } = readIndexHeader(file, name);
    return { number: next.number, enqueued: baseOrdinal, enqueuedBytes: baseBytes };
  } finally {
    file.close();
  }
}
