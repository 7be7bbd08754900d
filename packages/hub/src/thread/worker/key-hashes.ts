// The order-key hash of each entry of a queue, by ordinal: from the index files, read far ahead, since each thread looks
// at all entries to find its own; from the records where the index files were written without that key, or for another.
import type { OrderKey } from '../../consumer.js';
import type { Files } from '../../files/files.js';
import { NO_KEY, orderKeyHash } from '../../journal/order-key.js';
import { Entries, IndexReader } from '../../queue/index-reader.js';
import { EntryReader } from './entry-reader.js';

/** Entries looked at in one go: 16 KiB of an index file, … */
const ENTRIES_AHEAD = 1_024;
/** … or so many records, which take a hundred times as long each. */
const RECORDS_AHEAD = 256;

export interface KeyHashesOptions {
  readonly files: Files;
  readonly journalDirectory: string;
  readonly queueDirectory: string;
  /** Position at which this run of the hub began to write. */
  readonly freshFrom: number;
  readonly orderKey: OrderKey;
  /** The ordinal from which on index entries carry the hash of that key. */
  readonly keyedFrom: number;
}

export class KeyHashes {
  readonly #options: KeyHashesOptions;
  readonly #indexes: IndexReader;
  readonly #entries = new Entries(ENTRIES_AHEAD);
  readonly #ofRecords = new Uint32Array(RECORDS_AHEAD);
  #records: EntryReader | undefined;
  // What was looked at last: so many hashes, from an ordinal on.
  #hashes: Uint32Array = this.#ofRecords;
  #first = 0;
  #count = 0;

  constructor(options: KeyHashesOptions) {
    this.#options = options;
    this.#indexes = new IndexReader(options.files, options.queueDirectory, ENTRIES_AHEAD, options.orderKey);
  }

  /**
   * The hashes of the entries from `ordinal` on, as many as one look brings.
   *
   * @param enqueued How many entries there are: as far as may be read ahead.
   * @returns Valid until the next call; empty when that of the first one cannot be told, because of damage.
   */
  from(ordinal: number, enqueued: number): Uint32Array {
    const index = this.#look(ordinal, enqueued);
    return this.#hashes.subarray(index, this.#count);
  }

  /** The hash of one entry; {@link NO_KEY} also where it cannot be told. */
  of(ordinal: number, enqueued: number): number {
    const index = this.#look(ordinal, enqueued);
    return index < this.#count ? (this.#hashes[index] as number) : NO_KEY;
  }

  close(): void {
    this.#indexes.close();
    this.#records?.close();
  }

  /** Has the hash of an entry among those at hand, and returns its index there. */
  #look(ordinal: number, enqueued: number): number {
    const index = ordinal - this.#first;
    if (index >= 0 && index < this.#count) return index;
    this.#first = ordinal;
    if (ordinal < this.#options.keyedFrom) this.#readRecords(ordinal);
    else {
      this.#indexes.read(ordinal, enqueued - ordinal, this.#entries);
      this.#hashes = this.#entries.keyHashes;
      this.#count = this.#entries.count;
    }
    return 0;
  }

  #readRecords(ordinal: number): void {
    const { files, journalDirectory, queueDirectory, freshFrom, orderKey, keyedFrom } = this.#options;
    this.#records ??= new EntryReader(files, journalDirectory, queueDirectory, freshFrom);
    this.#hashes = this.#ofRecords;
    const most = Math.min(RECORDS_AHEAD, keyedFrom - ordinal);
    for (this.#count = 0; this.#count < most; this.#count++) {
      const at = ordinal + this.#count;
      if (this.#records.read(at, keyedFrom - at) !== undefined) return;
      const { slab } = this.#records;
      this.#ofRecords[this.#count] = orderKeyHash(slab.bytes, slab.view, this.#records.at, orderKey);
    }
  }
}
