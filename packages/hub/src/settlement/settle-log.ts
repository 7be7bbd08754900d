// One writer's settle log: gathers what was settled into records, writes them each turn, syncs when asked,
// and rewrites itself when it has grown. Nothing is settled before flush() has returned.
import type { File, Files } from '../files/files.js';
import { viewOf } from '../journal/record.js';
import type { Interval } from '../queue/interval-set.js';
import { encodeLogHeader, SETTLE_RECORD_BYTES, SettleKind, writeSettleRecord } from './settle-record.js';

/** Records gathered before a write is due. */
export const RECORDS_PER_FLUSH = 256;

/** A log is looked at for compaction each time it has grown by this much. */
const COMPACT_EVERY_BYTES = 1 << 20;

export interface SettleLogOptions {
  readonly files: Files;
  /** The queue's `settled/` directory. */
  readonly directory: string;
  /** The file's name; the file must not exist. */
  readonly name: string;
  readonly queueNumber: number;
}

export class SettleLog {
  readonly #files: Files;
  readonly #directory: string;
  readonly #name: string;
  readonly #queueNumber: number;
  readonly #buffer = new Uint8Array(RECORDS_PER_FLUSH * SETTLE_RECORD_BYTES);
  readonly #view = viewOf(this.#buffer);
  #file: File;
  #used = 0;
  #fileBytes = SETTLE_RECORD_BYTES;
  #compactAtBytes = COMPACT_EVERY_BYTES;
  #unsynced = false;
  /** Why nothing more is written: what a failed write has left of a record would hide all that follows it. */
  #failure: unknown;
  // The record being gathered: entries in order become one record.
  #kind: SettleKind = SettleKind.ACKNOWLEDGED;
  #from = 0;
  #to = 0;
  #bytes = 0;
  #settled = 0;
  #settledBytes = 0;

  constructor({ files, directory, name, queueNumber }: SettleLogOptions) {
    this.#files = files;
    this.#directory = directory;
    this.#name = name;
    this.#queueNumber = queueNumber;
    this.#file = files.create(`${directory}/${name}`);
    this.#file.append(encodeLogHeader(queueNumber));
    // Or a loss of power could take the name, and with it all that was synced under it.
    files.syncDirectory(directory);
  }

  /** Entries written as settled so far. */
  get settled(): number {
    return this.#settled;
  }

  /** Their records' bytes. */
  get settledBytes(): number {
    return this.#settledBytes;
  }

  /** Whether something waits for {@link flush}. */
  get dirty(): boolean {
    return this.#used > 0 || this.#to > this.#from;
  }

  /** Notes one entry as settled; it is so once {@link flush} has returned. */
  add(kind: SettleKind, ordinal: number, bytes: number): void {
    if (ordinal === this.#to && kind === this.#kind && this.#to > this.#from) {
      this.#to++;
      this.#bytes += bytes;
      return;
    }
    this.#close();
    this.#kind = kind;
    this.#from = ordinal;
    this.#to = ordinal + 1;
    this.#bytes = bytes;
  }

  /**
   * Writes what was noted; a process that is killed after it forgets none of it.
   *
   * @throws what the write failed with; from then on every time.
   */
  flush(): void {
    this.#close();
    this.#write();
  }

  /** Puts all that was flushed on stable storage, when there is anything new. */
  sync(): void {
    if (!this.#unsynced) return;
    this.#file.sync();
    this.#unsynced = false;
  }

  /** Whether the log has grown so much that {@link compact} is due. */
  get grown(): boolean {
    return this.#fileBytes >= this.#compactAtBytes;
  }

  /**
   * Rewrites the log as what is settled in all, by whomever: that is no longer than what is under way, while a log of
   * its own records would grow as long as one entry is stuck and others go on around it.
   *
   * @param settled Intervals of settled entries, in order; nothing that this log has settled may be missing.
   */
  compact(settled: readonly Interval[]): void {
    this.flush();
    const floor = settled[0]?.from === 0 ? settled[0].to : 0;
    const above = floor === 0 ? settled : settled.slice(1);
    const bytes = new Uint8Array((2 + above.length) * SETTLE_RECORD_BYTES);
    const view = viewOf(bytes);
    bytes.set(encodeLogHeader(this.#queueNumber), 0);
    const below = { kind: SettleKind.BELOW, ordinal: floor, count: this.#settled, bytes: this.#settledBytes };
    writeSettleRecord(bytes, view, SETTLE_RECORD_BYTES, below, 0);
    for (const [index, { from, to }] of above.entries()) {
      const record = { kind: SettleKind.ELSEWHERE, ordinal: from, count: to - from, bytes: 0 };
      writeSettleRecord(bytes, view, (2 + index) * SETTLE_RECORD_BYTES, record, Date.now());
    }
    this.#replace(bytes);
    // What stays is rewritten each time: wait until as much again was added.
    this.#compactAtBytes = 2 * this.#fileBytes + COMPACT_EVERY_BYTES;
  }

  close(): void {
    this.flush();
    this.sync();
    this.#file.close();
  }

  #replace(bytes: Uint8Array): void {
    const path = `${this.#directory}/${this.#name}`;
    const temporary = `${path}.tmp`;
    this.#files.remove(temporary);
    const file = this.#files.create(temporary);
    try {
      file.append(bytes);
      file.sync();
      this.#files.rename(temporary, path);
      this.#files.syncDirectory(this.#directory);
    } catch (error) {
      file.close();
      throw error;
    }
    this.#file.close();
    this.#file = file;
    this.#fileBytes = bytes.byteLength;
    this.#unsynced = false;
  }

  /** Ends the record being gathered. */
  #close(): void {
    if (this.#to === this.#from) return;
    if (this.#used === this.#buffer.byteLength) this.#write();
    const record = { kind: this.#kind, ordinal: this.#from, count: this.#to - this.#from, bytes: this.#bytes };
    writeSettleRecord(this.#buffer, this.#view, this.#used, record, Date.now());
    this.#used += SETTLE_RECORD_BYTES;
    this.#settled += record.count;
    this.#settledBytes += record.bytes;
    this.#from = this.#to;
  }

  #write(): void {
    if (this.#used === 0) return;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#file.append(this.#buffer.subarray(0, this.#used));
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    this.#fileBytes += this.#used;
    this.#used = 0;
    this.#unsynced = true;
  }
}
