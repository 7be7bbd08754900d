// Brings a queue's shared memory to where its files say it stands: cursor at the first entry not settled, and
// the counters from which its backlog follows. However long the queue, only the edges of what is unsettled are
// looked up: each index file's header says how many bytes came before it.
import type { Files } from '../files/files.js';
import { positionOfName } from '../journal/segment.js';
import { ENTRY_BYTES, INDEX_HEADER_BYTES, type IndexHeader } from './index-file.js';
import type { Interval, IntervalSet } from './interval-set.js';
import { openIndex, verifiedIndex } from './open-index.js';
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

/**
 * The lowest ordinal of which there is still an index file; the queue's end when there is none. What lies below it went
 * because it was settled: that holds also where damaged settle logs do not say so any more.
 */
export function oldestOrdinal(files: Files, directory: string, enqueued: number): number {
  for (const first of indexesIn(files, directory)) {
    const index = openIndex(files, directory, first, undefined);
    index?.file.close();
    if (index !== undefined) return Math.min(index.baseOrdinal, enqueued);
  }
  return enqueued;
}

const indexesIn = (files: Files, directory: string): number[] =>
  files
    .list(directory)
    .map((name) => positionOfName(name, '.idx'))
    .filter((first) => first !== undefined);

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
    this.#headers = indexesIn(files, directory).flatMap((first) => {
      const index = openIndex(files, directory, first, undefined);
      index?.file.close();
      return index === undefined ? [] : [index];
    });
  }

  at(ordinal: number): number {
    const header = this.#headers.findLast(({ baseOrdinal }) => baseOrdinal <= ordinal);
    if (header === undefined) return 0;
    if (header !== this.#header) {
      this.#header = header;
      this.#lengths = this.#readLengths(header);
      this.#ordinal = header.baseOrdinal;
      this.#bytes = header.baseBytes;
    }
    for (; this.#ordinal < ordinal; this.#ordinal++) {
      const at = (this.#ordinal - header.baseOrdinal) * 4 + 2;
      if (at >= this.#lengths.length) break; // damage has left a hole
      this.#bytes += this.#lengths[at] as number;
    }
    return this.#bytes;
  }

  /** The words of all entries, of which every fourth one is a length. */
  #readLengths({ firstPosition }: IndexHeader): Uint32Array<ArrayBuffer> {
    const opened = openIndex(this.#files, this.#directory, firstPosition, undefined);
    if (opened === undefined) return new Uint32Array(0);
    const { file } = verifiedIndex(this.#files, this.#directory, opened, undefined);
    try {
      const entries = Math.max(0, Math.floor((file.size() - INDEX_HEADER_BYTES) / ENTRY_BYTES));
      const words = new Uint32Array(entries * (ENTRY_BYTES / 4));
      file.read(new Uint8Array(words.buffer), INDEX_HEADER_BYTES);
      return words;
    } finally {
      file.close();
    }
  }
}
