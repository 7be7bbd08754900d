// Brings a queue's shared memory to where its files say it stands: cursor at the first entry not settled, and
// the counters from which its backlog follows. However long the queue, only the edges of what is unsettled are
// looked up: each index file's header says how many bytes came before it.
import { type Files, readWhole } from '../files/files.js';
import { positionOfName } from '../journal/segment.js';
import { ENTRY_BYTES, INDEX_HEADER_BYTES, type IndexHeader, indexName, readIndexHeader } from './index-file.js';
import type { Interval, IntervalSet } from './interval-set.js';
import type { QueueShared } from './shared.js';

/**
 * Sets cursor and settled counters. Before any thread of the queue runs.
 *
 * @param settled Ordinals that are settled; what is beyond the queue's end is dropped from it.
 * @returns The settled intervals that lie after the cursor.
 */
export function restoreQueue(files: Files, directory: string, queue: QueueShared, settled: IntervalSet): Interval[] {
  const enqueued = queue.enqueued.get();
  const enqueuedBytes = queue.enqueuedBytes.get();
  settled.dropFrom(enqueued);
  const unsettled = settled.gaps(0, enqueued);
  const cursor = unsettled[0]?.from ?? enqueued;
  const before = new BytesBefore(files, directory);
  const bytesBefore = (ordinal: number) => (ordinal === enqueued ? enqueuedBytes : before.at(ordinal));
  let waiting = 0;
  let waitingBytes = 0;
  for (const { from, to } of unsettled) {
    waiting += to - from;
    // From first, then to: the look-up goes forward.
    const fromBytes = bytesBefore(from);
    waitingBytes += bytesBefore(to) - fromBytes;
  }
  queue.beginAt(cursor);
  queue.settledBytesBefore.set(enqueuedBytes - waitingBytes);
  queue.settledBefore.set(enqueued - waiting);
  return [...settled].filter(({ from }) => from >= cursor);
}

/** How many bytes of records a queue had been given before an entry; asked for in ascending order. */
class BytesBefore {
  readonly #files: Files;
  readonly #directory: string;
  readonly #headers: IndexHeader[];
  #header: IndexHeader | undefined;
  #lengths = new Uint32Array(0);
  #ordinal = 0;
  #bytes = 0;

  constructor(files: Files, directory: string) {
    this.#files = files;
    this.#directory = directory;
    this.#headers = files
      .list(directory)
      .filter((name) => positionOfName(name, '.idx') !== undefined)
      .map((name) => {
        const file = files.open(`${directory}/${name}`);
        try {
          return readIndexHeader(file, `${directory}/${name}`);
        } finally {
          file.close();
        }
      });
  }

  at(ordinal: number): number {
    const header = this.#headers.findLast(({ baseOrdinal }) => baseOrdinal <= ordinal);
    if (header === undefined) return 0;
    if (header !== this.#header) {
      this.#header = header;
      const bytes = readWhole(this.#files, `${this.#directory}/${indexName(header.firstPosition)}`).slice(
        INDEX_HEADER_BYTES,
      );
      this.#lengths = new Uint32Array(bytes.buffer, 0, Math.floor(bytes.byteLength / ENTRY_BYTES) * (ENTRY_BYTES / 4));
      this.#ordinal = header.baseOrdinal;
      this.#bytes = header.baseBytes;
    }
    for (; this.#ordinal < ordinal; this.#ordinal++) {
      this.#bytes += this.#lengths[(this.#ordinal - header.baseOrdinal) * 4 + 2] ?? 0;
    }
    return this.#bytes;
  }
}
