// Fetches records by their positions, several with one read where they lie close together. Each read goes
// into fresh memory that is never written again, so a message can be a view over it and be kept. Short reads share
// one piece of memory, one behind the other: a piece for each would cost more than the read (docs/decisions/0014).
import { markAsUntransferable } from 'node:worker_threads';
import { type Files, readFully } from '../files/files.js';
import { AT, RECORD_HEADER_BYTES, viewOf } from './record.js';
import { SegmentFiles } from './segment-files.js';

/** What one read takes; a retained message keeps this much alive. */
const SLAB_BYTES = 65_536;

/** The first piece of memory that short reads share; each further one is twice as large, up to a slab. */
const FIRST_SHARED_BYTES = 4_096;

/** Records this near to each other are fetched by one read: copying a gap is cheaper than another call. */
const GAP_BYTES = 4_096;

/** Consecutive entries of a queue: where their records lie. */
export interface EntryRange {
  readonly positions: Float64Array;
  readonly lengths: Uint32Array;
  readonly count: number;
}

/** Records as they were read: the record of `position` begins at `position - start`, and the bytes end at `end`. */
export interface Slab {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** The position that the first byte would have; what stands before the records that were asked for is not theirs. */
  readonly start: number;
  /** Where the bytes that were there to be read end. */
  readonly end: number;
  /** How many entries of the range the slab covers, 1 at least. */
  readonly entries: number;
  /**
   * Whether the bytes were written by this run of the hub, moments ago: they come from memory and not from a disk,
   * and need no checksum to be trusted.
   */
  readonly fresh: boolean;
}

const EMPTY = Buffer.alloc(0);

export class RecordReader {
  readonly #segments: SegmentFiles;
  readonly #freshFrom: number;
  /** What short reads share, and how much of it is used. */
  #shared = new Memory(0);
  #sharedUsed = 0;

  /** @param freshFrom Where this run of the hub began to write. */
  constructor(files: Files, journalDirectory: string, freshFrom: number) {
    this.#segments = new SegmentFiles(files, journalDirectory);
    this.#freshFrom = freshFrom;
  }

  /**
   * Reads the record of entry `from` of a range, and as many after it as lie near.
   *
   * @returns A slab that covers one entry at least; when that one is not there, its `end` is short of it.
   */
  fetch(range: EntryRange, from: number): Slab {
    const slab = this.#read(range, from);
    const position = range.positions[from] as number;
    const at = position - slab.start;
    const isThere = slab.end - at >= Math.max(range.lengths[from] as number, RECORD_HEADER_BYTES);
    if (isThere && slab.view.getFloat64(at + AT.position, true) === position) return slab;
    // Committed and not there: it lies in a segment that began after the last look. Something else can be there,
    // where the file of the last segment known was written over for a newer one.
    this.#segments.list();
    return this.#read(range, from);
  }

  #read(range: EntryRange, from: number): Slab {
    const start = range.positions[from] as number;
    const segment = this.#segments.find(start);
    if (segment === undefined) return { bytes: EMPTY, view: viewOf(EMPTY), start, end: 0, entries: 1, fresh: false };
    let end = start + (range.lengths[from] as number);
    let entries = 1;
    for (let index = from + 1; index < range.count; index++) {
      const position = range.positions[index] as number;
      const after = position + (range.lengths[index] as number);
      if (position < end || position - end > GAP_BYTES || after - start > SLAB_BYTES) break;
      end = after;
      entries++;
    }
    const length = end - start;
    const { memory, at } = this.#take(length);
    const { bytes, view } = memory;
    const offset = segment.headerBytes + (start - segment.firstPosition);
    const got = readFully(segment.file, bytes.subarray(at, at + length), offset);
    // Where a segment ends, the rest lies in the next one: leave it to the next fetch.
    while (entries > 1 && entryEnd(range, from + entries - 1) - start > got) entries--;
    const fresh = start >= this.#freshFrom && this.#segments.isNewest(segment);
    return { bytes, view, start: start - at, end: at + got, entries, fresh };
  }

  /** Memory that nothing was ever read into, and where in it. */
  #take(length: number): { memory: Memory; at: number } {
    if (length > SLAB_BYTES / 2) return { memory: new Memory(length), at: 0 };
    if (this.#sharedUsed + length > this.#shared.bytes.byteLength) {
      const twice = Math.max(FIRST_SHARED_BYTES, 2 * this.#shared.bytes.byteLength);
      this.#shared = new Memory(Math.max(length, Math.min(twice, SLAB_BYTES)));
      this.#sharedUsed = 0;
    }
    const at = this.#sharedUsed;
    this.#sharedUsed += length;
    return { memory: this.#shared, at };
  }

  close(): void {
    this.#segments.close();
  }
}

class Memory {
  readonly bytes: Buffer;
  readonly view: DataView;

  constructor(length: number) {
    this.bytes = Buffer.allocUnsafeSlow(length);
    // A consumer that transfers its message's memory to another thread would take that of the messages beside it.
    markAsUntransferable(this.bytes.buffer);
    this.view = viewOf(this.bytes);
  }
}

function entryEnd(range: EntryRange, index: number): number {
  return (range.positions[index] as number) + (range.lengths[index] as number);
}
