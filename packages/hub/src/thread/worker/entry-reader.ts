// Brings the record of each claimed entry, in order: index entries a few hundred at a time, records a slab
// at a time, and the checksum of each that comes from a disk before anybody sees it.
import type { Files } from '../../files/files.js';
import { recordProblem } from '../../journal/record.js';
import { RecordReader, type Slab } from '../../journal/record-reader.js';
import { Entries, IndexReader } from '../../queue/index-reader.js';

/** The entry that was read last. */
export interface CurrentEntry {
  readonly slab: Slab;
  /** Where its record begins in the slab. */
  readonly at: number;
  /** Its record's bytes, as the index has it. */
  readonly length: number;
  readonly position: number;
}

export class EntryReader implements CurrentEntry {
  readonly #indexes: IndexReader;
  readonly #records: RecordReader;
  readonly #entries = new Entries();
  #slab: Slab | undefined;
  /** Indexes into the entries: which of them the slab covers. */
  #slabFrom = 0;
  #slabTo = 0;
  // Ordinals that no index file has an entry for: to look for each of them again would take long where they are many.
  #missingFrom = 0;
  #missingTo = 0;
  at = 0;
  length = 0;
  position = 0;

  /** @param freshFrom Position at which this run of the hub began to write. */
  constructor(files: Files, journalDirectory: string, queueDirectory: string, freshFrom: number) {
    this.#indexes = new IndexReader(files, queueDirectory);
    this.#records = new RecordReader(files, journalDirectory, freshFrom);
  }

  get slab(): Slab {
    if (this.#slab === undefined) throw new Error('no entry was read');
    return this.#slab;
  }

  /**
   * Reads the entry with this ordinal.
   *
   * @param ahead How many entries after it may be read with it: those that are enqueued and held.
   * @returns What is wrong with it, or undefined.
   */
  read(ordinal: number, ahead: number): string | undefined {
    if (ordinal >= this.#missingFrom && ordinal < this.#missingTo) return this.#missing();
    let index = ordinal - this.#entries.ordinal;
    if (index < 0 || index >= this.#entries.count) {
      this.#indexes.read(ordinal, ahead, this.#entries);
      this.#slabTo = 0;
      index = 0;
      if (this.#entries.count === 0) {
        this.#missingFrom = ordinal;
        this.#missingTo = ordinal + this.#entries.missing;
        return this.#missing();
      }
    }
    if (index < this.#slabFrom || index >= this.#slabTo) {
      this.#slab = this.#records.fetch(this.#entries, index);
      this.#slabFrom = index;
      this.#slabTo = index + this.#slab.entries;
    }
    const slab = this.slab;
    this.position = this.#entries.positions[index] as number;
    this.length = this.#entries.lengths[index] as number;
    this.at = this.position - slab.start;
    const problem = recordProblem(slab.bytes, slab.view, this.at, slab.end, this.position, !slab.fresh);
    return problem === undefined ? undefined : `its record has a wrong ${problem}`;
  }

  /** Reads an entry into fresh memory: what was done to the bytes of an earlier delivery is not in it. */
  readAnew(ordinal: number): string | undefined {
    this.#entries.count = 0;
    this.#missingTo = 0;
    return this.read(ordinal, 1);
  }

  close(): void {
    this.#indexes.close();
    this.#records.close();
  }

  #missing(): string {
    this.length = 0;
    this.position = Number.NaN;
    return 'its index entry is missing';
  }
}
