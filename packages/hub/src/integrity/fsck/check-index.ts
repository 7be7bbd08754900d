// Holds one index file of a queue against the records of its segment, in their order and without keeping them: each entry
// is to point at a record that was routed to the queue, none is to be missing, and nothing is to be left over.
import type { File, Files } from '../../files/files.js';
import { viewOf } from '../../journal/record.js';
import {
  ENTRY_BYTES,
  hasTrueEntries,
  INDEX_HEADER_BYTES,
  type IndexSummary,
  summarizeOpened,
} from '../../queue/index-file.js';
import type { ByteRange } from './finding.js';

const CHUNK_ENTRIES = 4_096;

export interface IndexedEntry {
  readonly ordinal: number;
  readonly position: number;
  /** 0 for one that stands for an entry that is lost. */
  readonly length: number;
}

export class IndexCheck {
  readonly path: string;
  readonly summary: IndexSummary;
  readonly #file: File;
  readonly #chunk = new Uint8Array(CHUNK_ENTRIES * ENTRY_BYTES);
  readonly #view = viewOf(this.#chunk);
  #chunkFrom = 0;
  #chunkCount = 0;
  #next = 0;
  #problem: string | undefined;

  /** @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED when it does not begin as an index file does. */
  constructor(files: Files, path: string) {
    this.path = path;
    this.#file = files.open(path);
    try {
      this.summary = summarizeOpened(this.#file, path);
      if (this.summary.closed && !hasTrueEntries(this.#file, this.summary)) {
        this.#problem = 'its entries are not what was written: their checksum is wrong';
      }
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /** What is wrong with it, so far. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Takes note of the next entry that the segment's records say is in the file. */
  expect(position: number, length: number): void {
    if (this.#problem !== undefined) return;
    const entry = this.entry(this.#next);
    this.#next++;
    if (entry?.position === position && entry.length === length) return;
    const number = this.summary.header.baseOrdinal + this.#next - 1;
    const routed = `the record at position ${position} was routed to this queue`;
    this.#problem =
      entry === undefined
        ? `entry ${number} is missing: ${routed}`
        : `entry ${number} points at position ${entry.position}, but ${routed}`;
  }

  /** Takes note that all records of the segment are through: no entry may be left. */
  expectEnd(): void {
    const entry = this.#problem === undefined ? this.entry(this.#next) : undefined;
    if (entry === undefined) return;
    this.#problem = `entry ${entry.ordinal} points at position ${entry.position}, where no record was routed to this queue`;
  }

  /** The entries whose records lie in these positions, or that stand for lost ones. */
  *entriesIn(damaged: readonly ByteRange[]): Generator<IndexedEntry, void> {
    for (let index = 0; ; index++) {
      const entry = this.entry(index);
      if (entry === undefined) return;
      const { position, length } = entry;
      if (length === 0 || damaged.some(({ from, to }) => position >= from && position < to)) yield entry;
    }
  }

  /** An entry by its place in the file; undefined behind the last. */
  entry(index: number): IndexedEntry | undefined {
    if (index < this.#chunkFrom || index >= this.#chunkFrom + this.#chunkCount) {
      const got = this.#file.read(this.#chunk, INDEX_HEADER_BYTES + index * ENTRY_BYTES);
      this.#chunkFrom = index;
      this.#chunkCount = Math.floor(got / ENTRY_BYTES);
      if (this.#chunkCount === 0) return undefined;
    }
    const at = (index - this.#chunkFrom) * ENTRY_BYTES;
    const position = this.#view.getFloat64(at, true);
    // The footer, or what is behind the entries that it counts.
    if (position < 0 || (this.summary.closed && index >= this.summary.entries)) return undefined;
    const ordinal = this.summary.header.baseOrdinal + index;
    return { ordinal, position, length: this.#view.getUint32(at + 8, true) };
  }

  close(): void {
    this.#file.close();
  }
}
