// Reads a queue's entries by ordinal, across its index files. Each consumer thread has one of its own.
import { type File, type Files, isMissing } from '../files/files.js';
import type { EntryRange } from '../journal/record-reader.js';
import { positionOfName } from '../journal/segment.js';
import { ENTRY_BYTES, INDEX_HEADER_BYTES, type IndexHeader, indexName, readIndexHeader } from './index-file.js';

/** Entries read at a time, at most, by whoever delivers them. */
export const ENTRIES_PER_READ = 256;

interface OpenIndex extends IndexHeader {
  readonly file: File;
}

/** Entries in order, reused by each read. */
export class Entries implements EntryRange {
  readonly positions: Float64Array;
  readonly lengths: Uint32Array;
  /** Of their order keys, as their index files have them. */
  readonly keyHashes: Uint32Array;
  /** Ordinal of the first. */
  ordinal = 0;
  count = 0;

  /** @param most How many there is room for. */
  constructor(most = ENTRIES_PER_READ) {
    this.positions = new Float64Array(most);
    this.lengths = new Uint32Array(most);
    this.keyHashes = new Uint32Array(most);
  }
}

export class IndexReader {
  readonly #files: Files;
  readonly #directory: string;
  readonly #bytes: Uint8Array;
  readonly #floats: Float64Array;
  readonly #words: Uint32Array;
  #current: OpenIndex | undefined;

  /** @param entriesPerRead How many are read at a time, at most; what takes them must have room for as many. */
  constructor(files: Files, queueDirectory: string, entriesPerRead = ENTRIES_PER_READ) {
    this.#files = files;
    this.#directory = queueDirectory;
    this.#bytes = new Uint8Array(entriesPerRead * ENTRY_BYTES);
    this.#floats = new Float64Array(this.#bytes.buffer);
    this.#words = new Uint32Array(this.#bytes.buffer);
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
    const wanted = Math.min(most * ENTRY_BYTES, this.#bytes.byteLength);
    const offset = INDEX_HEADER_BYTES + (ordinal - index.baseOrdinal) * ENTRY_BYTES;
    const got = index.file.read(this.#bytes.subarray(0, wanted), offset);
    const entries = Math.floor(got / ENTRY_BYTES);
    let count = 0;
    while (count < entries) {
      const position = this.#floats[count * 2] as number;
      if (position < 0) break; // the footer
      into.positions[count] = position;
      into.lengths[count] = this.#words[count * 4 + 2] as number;
      into.keyHashes[count] = this.#words[count * 4 + 3] as number;
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
