// One writer's settle log: gathers what was settled into records, writes them each turn, syncs when asked,
// and rewrites itself when it has grown. Nothing is settled before flush() has returned.
import type { File, Files } from '../files/files.js';
import { viewOf } from '../journal/record.js';
import type { Interval } from '../queue/interval-set.js';
import {
  encodeLogHeader,
  type OutcomeKind,
  type OutcomeRecord,
  type PendingRetry,
  readSettleLog,
  SETTLE_RECORD_BYTES,
  SettleKind,
  SettleReason,
  type SettleRecord,
  settledBy,
  type Tally,
  writeSettleRecord,
} from './settle-record.js';
import { Tallies } from './tallies.js';

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

/** Other logs, whose place a log takes. */
export interface ReplacedLogs {
  /** They are those of the same writer, or of any when it is the main thread's, whose incarnation is below this. */
  readonly below: number;
  /** What they have settled. */
  readonly tallies: Iterable<Tally>;
}

export class SettleLog {
  readonly queueNumber: number;
  readonly #files: Files;
  readonly #directory: string;
  readonly #name: string;
  readonly #buffer = new Uint8Array(RECORDS_PER_FLUSH * SETTLE_RECORD_BYTES);
  readonly #view = viewOf(this.#buffer);
  #file: File;
  #used = 0;
  #fileBytes = SETTLE_RECORD_BYTES;
  #compactAtBytes = COMPACT_EVERY_BYTES;
  #unsynced = false;
  /**
   * Why nothing more is written: what a failed write has left of a record would hide all that follows it, and after a
   * failed sync the next one can succeed without what the first was to put on stable storage.
   */
  #failure: unknown;
  // The record being gathered: entries in order become one record.
  #kind: OutcomeKind = SettleKind.ACKNOWLEDGED;
  #reason: SettleReason = SettleReason.NONE;
  #from = 0;
  #to = 0;
  #bytes = 0;
  #settled = 0;
  #settledBytes = 0;
  /** What this log has settled, and those that it replaces. */
  readonly #tallies = new Tallies();
  /** Logs of incarnations below this are replaced by it. */
  #replaces = 0;

  constructor({ files, directory, name, queueNumber }: SettleLogOptions) {
    this.#files = files;
    this.#directory = directory;
    this.#name = name;
    this.queueNumber = queueNumber;
    this.#file = files.create(`${directory}/${name}`);
    this.#file.append(encodeLogHeader(queueNumber));
    // Or a loss of power could take the name, and with it all that was synced under it.
    files.syncDirectory(directory);
  }

  /** Entries that this log has written as settled so far; without those of logs that it replaces. */
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

  /**
   * Notes one entry as settled; it is so once {@link flush} has returned.
   *
   * @param bytes Of its record in the journal.
   * @param reason Why it was dropped or became a dead letter.
   */
  add(kind: OutcomeKind, ordinal: number, bytes: number, reason: SettleReason = SettleReason.NONE): void {
    if (ordinal === this.#to && kind === this.#kind && reason === this.#reason && this.#to > this.#from) {
      this.#to++;
      this.#bytes += bytes;
      return;
    }
    this.#close();
    this.#kind = kind;
    this.#reason = reason;
    this.#from = ordinal;
    this.#to = ordinal + 1;
    this.#bytes = bytes;
  }

  /** Notes that a delivery of an entry has failed: it is not settled, and this is remembered once {@link flush} has returned. */
  retry(retry: PendingRetry): void {
    this.#append({ kind: SettleKind.RETRY, ...retry });
  }

  /** Notes that a delivery of an entry begins, after so many attempts and crashes. */
  start(start: PendingRetry): void {
    this.#append({ kind: SettleKind.START, ...start });
  }

  /** Notes that such a delivery has ended, and nothing has become of it. */
  left(start: PendingRetry): void {
    this.#append({ kind: SettleKind.LEFT, ...start });
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

  /**
   * Puts all that was flushed on stable storage, when there is anything new.
   *
   * @throws what the sync failed with; from then on every time, and {@link flush} likewise.
   */
  sync(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#unsynced) return;
    try {
      this.#file.sync();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    this.#unsynced = false;
  }

  /** Whether the log has grown so much that {@link compact} is due. */
  get grown(): boolean {
    return this.#fileBytes >= this.#compactAtBytes;
  }

  /** What the log says is settled, in no order; read from its file, as far as that is written. */
  readSettled(): Interval[] {
    const { records } = readSettleLog(this.#files, `${this.#directory}/${this.#name}`, this.queueNumber);
    return records.map(settledBy).filter((interval) => interval !== undefined);
  }

  /**
   * Rewrites the log as what is settled in all, by whomever: that is no longer than what is under way, while a log of
   * its own records would grow as long as one entry is stuck and others go on around it.
   *
   * @param settled Intervals of settled entries, in order; nothing that this log has settled may be missing.
   * @param retries What is known of entries that have failed and are not settled: all that this log said of them.
   * @param replaced Other logs whose place it takes; all that they say is in `settled` and `retries`.
   * @throws what the disk failed with; from then on every time.
   */
  compact(settled: readonly Interval[], retries: Iterable<PendingRetry> = [], replaced?: ReplacedLogs): void {
    this.flush();
    if (replaced !== undefined) {
      this.#replaces = replaced.below;
      this.#tallies.addAll(replaced.tallies);
    }
    try {
      this.#replace(this.#encode(settled, [...retries]));
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    // What stays is rewritten each time: wait until as much again was added.
    this.#compactAtBytes = 2 * this.#fileBytes + COMPACT_EVERY_BYTES;
  }

  close(): void {
    this.flush();
    this.sync();
    this.#file.close();
  }

  /** The whole log, rewritten. */
  #encode(settled: readonly Interval[], retries: readonly PendingRetry[]): Uint8Array {
    const floor = settled[0]?.from === 0 ? settled[0].to : 0;
    const above = floor === 0 ? settled : settled.slice(1);
    const bytes = new Uint8Array((2 + above.length + retries.length + this.#tallies.size) * SETTLE_RECORD_BYTES);
    const view = viewOf(bytes);
    const now = Date.now();
    bytes.set(encodeLogHeader(this.queueNumber), 0);
    let at = SETTLE_RECORD_BYTES;
    const append = (record: SettleRecord): void => {
      writeSettleRecord(bytes, view, at, record, now);
      at += SETTLE_RECORD_BYTES;
    };
    append({ kind: SettleKind.BELOW, ordinal: floor, replaces: this.#replaces });
    for (const tally of this.#tallies) append({ kind: SettleKind.TALLY, ...tally });
    for (const { from, to } of above) append({ kind: SettleKind.ELSEWHERE, ordinal: from, count: to - from });
    for (const retry of retries) append({ kind: SettleKind.RETRY, ...retry });
    return bytes;
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
    const record: OutcomeRecord = {
      kind: this.#kind,
      reason: this.#reason,
      ordinal: this.#from,
      count: this.#to - this.#from,
      bytes: this.#bytes,
    };
    this.#append(record);
    this.#tallies.add(record.kind, record.reason, record.count, record.bytes);
    this.#settled += record.count;
    this.#settledBytes += record.bytes;
    this.#from = this.#to;
  }

  #append(record: SettleRecord): void {
    if (this.#used === this.#buffer.byteLength) this.#write();
    writeSettleRecord(this.#buffer, this.#view, this.#used, record, Date.now());
    this.#used += SETTLE_RECORD_BYTES;
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
