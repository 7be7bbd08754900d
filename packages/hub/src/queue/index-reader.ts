// Reads a queue's entries by ordinal, across its index files. Each consumer thread has one of its own.
import { type File, type Files, isMissing } from '../files/files.js';
import type { EntryRange } from '../journal/record-reader.js';
import { positionOfName } from '../journal/segment.js';
import { ENTRY_BYTES, INDEX_HEADER_BYTES, type IndexHeader, indexName, readIndexHeader } from './index-file.js';

/** Entries read at a time, at most. */
export const ENTRIES_PER_READ = 256;

interface OpenIndex extends IndexHeader {
  readonly file: File;
}

/** Entries in order, reused by each read. */
export class Entries implements EntryRange {
  readonly positions = new Float64Array(ENTRIES_PER_READ);
  readonly lengths = new Uint32Array(ENTRIES_PER_READ);
  /** Ordinal of the first. */
  ordinal = 0;
  count = 0;
}

export class IndexReader {
  readonly #files: Files;
  readonly #directory: string;
  readonly #bytes = new Uint8Array(ENTRIES_PER_READ * ENTRY_BYTES);
  readonly #floats = new Float64Array(this.#bytes.buffer);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  #current: OpenIndex | undefined;

  constructor(files: Files, queueDirectory: string) {
    this.#files = files;
    this.#directory = queueDirectory;
  }

  /**
   * Reads entries from `ordinal` on, up to `most` of them and to the end of the index file they lie in.
   *
   * @param into Takes the entries; its count stays 0 when there are none, which for an enqueued ordinal means damage.
   */
  read(ordinal: number, most: number, into: Entries): void {
    into.ordinal = ordinal;
    into.count = 0;
    if (this.#current !== undefined && this.#current.baseOrdinal <= ordinal)
      this.#readFrom(this.#current, ordinal, most, into);
    if (into.count > 0) return;
    const index = this.#find(ordinal);
    if (index !== undefined) this.#readFrom(index, ordinal, most, into);
  }

  close(): void {
    this.#current?.file.close();
    this.#current = undefined;
  }

  #readFrom(index: OpenIndex, ordinal: number, most: number, into: Entries): void {
    const wanted = Math.min(most, ENTRIES_PER_READ) * ENTRY_BYTES;
    const offset = INDEX_HEADER_BYTES + (ordinal - index.baseOrdinal) * ENTRY_BYTES;
    const got = index.file.read(this.#bytes.subarray(0, wanted), offset);
    const entries = Math.floor(got / ENTRY_BYTES);
    let count = 0;
    while (count < entries) {
      const position = this.#floats[count * 2] as number;
      if (position < 0) break; // the footer
      into.positions[count] = position;
      into.lengths[count] = this.#words[count * 4 + 2] as number;
      count++;
    }
    into.count = count;
  }

  /** Opens the index file with the highest base ordinal that is not above `ordinal`. */
  #find(ordinal: number): OpenIndex | undefined {
    const firsts = this.#files
      .list(this.#directory)
      .map((name) => positionOfName(name, '.idx'))
      .filter((position) => position !== undefined);
    let low = 0;
    let high = firsts.length;
    let found: OpenIndex | undefined;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const index = this.#open(firsts[middle] as number);
      if (index === undefined) {
        // Removed meanwhile, since all in it was settled: what is wanted lies in another, before or after it.
        firsts.splice(middle, 1);
        high--;
      } else if (index.baseOrdinal <= ordinal) {
        found?.file.close();
        found = index;
        low = middle + 1;
      } else {
        index.file.close();
        high = middle;
      }
    }
    if (found !== undefined) {
      this.close();
      this.#current = found;
    }
    return found;
  }

  #open(firstPosition: number): OpenIndex | undefined {
    const path = `${this.#directory}/${indexName(firstPosition)}`;
    try {
      const file = this.#files.open(path);
      try {
        return { ...readIndexHeader(file, path), file };
      } catch (error) {
        file.close();
        throw error;
      }
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}
