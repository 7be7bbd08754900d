// Fetches records by their positions, several with one read where they lie close together. Each read goes
// into fresh memory that is never written again, so a message can be a view over it and be kept.
import type { Files } from '../files/files.js';
import { AT, RECORD_HEADER_BYTES, viewOf } from './record.js';
import { SegmentFiles } from './segment-files.js';

/** What one read takes; a retained message keeps this much alive. */
const SLAB_BYTES = 65_536;

/** Records this near to each other are fetched by one read: copying a gap is cheaper than another call. */
const GAP_BYTES = 4_096;

/** Consecutive entries of a queue: where their records lie. */
export interface EntryRange {
  readonly positions: Float64Array;
  readonly lengths: Uint32Array;
  readonly count: number;
}

/** Records as they were read: the record of `position` begins at `position - start`, up to `end` bytes are there. */
export interface Slab {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Position of the slab's first byte. */
  readonly start: number;
  /** How many of the bytes were there to be read. */
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
    const isThere = slab.end >= Math.max(range.lengths[from] as number, RECORD_HEADER_BYTES);
    if (isThere && slab.view.getFloat64(AT.position, true) === slab.start) return slab;
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
    const bytes = Buffer.allocUnsafeSlow(end - start);
    const offset = segment.headerBytes + (start - segment.firstPosition);
    let got = 0;
    while (got < bytes.byteLength) {
      const more = segment.file.read(got === 0 ? bytes : bytes.subarray(got), offset + got);
      if (more === 0) break;
      got += more;
    }
    // Where a segment ends, the rest lies in the next one: leave it to the next fetch.
    while (entries > 1 && entryEnd(range, from + entries - 1) - start > got) entries--;
    const fresh = start >= this.#freshFrom && this.#segments.isNewest(segment);
    return { bytes, view: viewOf(bytes), start, end: got, entries, fresh };
  }

  close(): void {
    this.#segments.close();
  }
}

function entryEnd(range: EntryRange, index: number): number {
  return (range.positions[index] as number) + (range.lengths[index] as number);
}
