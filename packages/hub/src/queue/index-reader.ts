// Reads a queue's entries by ordinal, across its index files. Each consumer thread has one of its own. A damaged file is
// read as its segment says it was: never is it a reason to stop.
import type { OrderKey } from '../consumer.js';
import type { Files } from '../files/files.js';
import type { EntryRange } from '../journal/record-reader.js';
import { positionOfName } from '../journal/segment.js';
import { ENTRY_BYTES, INDEX_HEADER_BYTES } from './index-file.js';
import { type OpenIndex, openIndex, verifiedIndex } from './open-index.js';

/** Entries read at a time, at most, by whoever delivers them. */
export const ENTRIES_PER_READ = 256;

/** So many files are known not to have to be looked at again; those that were made anew are in memory. */
const MOST_VERIFIED = 64;

/** Entries in order, reused by each read. */
export class Entries implements EntryRange {
  readonly positions: Float64Array;
  readonly lengths: Uint32Array;
  /** Of their order keys, as their index files have them. */
  readonly keyHashes: Uint32Array;
  /** Ordinal of the first. */
  ordinal = 0;
  count = 0;
  /** Of ordinals for which no index file has an entry: how many follow each other, as far as it is known; 1 at least. */
  missing = 0;

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
  readonly #orderKey: OrderKey | undefined;
  #current: OpenIndex | undefined;
  /** First positions of the files whose entries were found to be what was written, or are made anew. */
  readonly #verified = new Map<number, OpenIndex | undefined>();

  /**
   * @param entriesPerRead How many are read at a time, at most; what takes them must have room for as many.
   * @param orderKey The queue's, for who needs the hashes of it also where a file has to be made anew.
   */
  constructor(files: Files, queueDirectory: string, entriesPerRead = ENTRIES_PER_READ, orderKey?: OrderKey) {
    this.#files = files;
    this.#directory = queueDirectory;
    this.#orderKey = orderKey;
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
    into.missing = 0;
    if (this.#current !== undefined && this.#current.baseOrdinal <= ordinal)
      this.#readFrom(this.#current, ordinal, most, into);
    if (into.count > 0) return;
    const { index, nextOrdinal } = this.#find(ordinal);
    if (index !== undefined) this.#readFrom(index, ordinal, most, into);
    if (into.count === 0) into.missing = Math.max(1, Math.min(most, nextOrdinal - ordinal));
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

  /**
   * Opens the index file with the highest base ordinal that is not above `ordinal`.
   *
   * @returns With it, the base ordinal of the file behind it; Infinity when there is none.
   */
  #find(ordinal: number): { index: OpenIndex | undefined; nextOrdinal: number } {
    const firsts = this.#files
      .list(this.#directory)
      .map((name) => positionOfName(name, '.idx'))
      .filter((position) => position !== undefined);
    let low = 0;
    let high = firsts.length;
    let found: OpenIndex | undefined;
    let nextOrdinal = Number.POSITIVE_INFINITY;
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
        nextOrdinal = index.baseOrdinal;
        high = middle;
      }
    }
    if (found === undefined) return { index: undefined, nextOrdinal };
    this.close();
    this.#current = this.#verify(found);
    return { index: this.#current, nextOrdinal };
  }

  #open(firstPosition: number): OpenIndex | undefined {
    return this.#verified.get(firstPosition) ?? openIndex(this.#files, this.#directory, firstPosition, this.#orderKey);
  }

  /** Once for each file: what follows from a look at all of it is kept. */
  #verify(index: OpenIndex): OpenIndex {
    const { firstPosition } = index;
    if (this.#verified.has(firstPosition)) return index;
    const verified = verifiedIndex(this.#files, this.#directory, index, this.#orderKey);
    if (this.#verified.size >= MOST_VERIFIED) this.#verified.delete(this.#verified.keys().next().value as number);
    if (!verified.isOpen) this.#verified.set(firstPosition, verified.isRebuilt ? verified : undefined);
    return verified;
  }
}
