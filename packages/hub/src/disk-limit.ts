// How much the data directory takes, against what it may (`maxDiskBytes`) and what its file system has free. At either
// bound nothing more is taken from outside, so that a full disk is met as a wait and not as a failure of the journal;
// what consumers publish goes on, since it is what brings messages to their end. Where others have filled the disk, the
// reserve is given up for settlements and dead letters, and the journal waits altogether (docs/decisions/0022).
import { LEAST_SEGMENTS } from './config.js';
import type { Logger } from './consumer-context.js';
import { deadDirectory } from './dead-letters/file-names.js';
import type { Enqueuer } from './enqueuer/enqueuer.js';
import type { JournalThread } from './enqueuer/journal-thread.js';
import { PenstockError } from './errors.js';
import type { Files } from './files/files.js';
import { type DiskReserve, type FreeSpace, freeSpaceOf } from './files/reserve.js';
import { EpisodeLog } from './telemetry/episode-log.js';
import type { DiskSnapshot } from './telemetry/snapshot.js';

const SAMPLE_EVERY_MS = 1_000;

/** Folders of a queue whose files are looked at in one sample; the others' sizes are those of a sample before. */
const QUEUES_PER_SAMPLE = 32;

/** Taken again when so much of the limit is free, or so much more than the reserve: or it would flap. */
const ROOM = 0.05;

/** What stays free on the file system: so much, or two segments, but never more than a part of it. */
const KEPT_FREE_BYTES = 64 << 20;
const KEPT_FREE_PART = 0.05;

export interface DiskLimitParts {
  readonly files: Files;
  readonly path: string;
  /** Directories of all queues. */
  readonly queues: () => readonly string[];
  readonly journal: Pick<JournalThread, 'numbers' | 'shortOfSpace' | 'outOfSpace'>;
  readonly enqueuer: Pick<Enqueuer, 'nextPosition' | 'committedPosition' | 'endSegment'>;
  readonly segmentBytes: number;
  /** Undefined for half of what is free, and what is taken already. */
  readonly maxDiskBytes: number | undefined;
  readonly log: Logger;
  /** Space held for when there is no other; undefined for none. */
  readonly reserve?: DiskReserve | undefined;
  /** Of the file system that a directory is on; the system's by default. */
  readonly freeSpace?: (path: string) => FreeSpace;
}

export class DiskLimit {
  readonly #parts: DiskLimitParts;
  readonly #freeSpace: (path: string) => FreeSpace;
  readonly #lines: EpisodeLog<string>;
  readonly #limitBytes: number;
  /** Of each queue's dead letters. Settle logs do not count: they rewrite themselves, and no settling frees them. */
  readonly #queueBytes = new Map<string, number>();
  #nextQueue = 0;
  #free: FreeSpace;
  /** Where the next record would have lain when {@link #free} was looked up. */
  #freeAtPosition: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** A message beyond it is not taken before it was looked whether there is room. */
  #lookAtPosition = Number.POSITIVE_INFINITY;
  #full: DiskSnapshot['full'];
  #refusal: PenstockError | undefined;

  constructor(parts: DiskLimitParts) {
    this.#parts = parts;
    this.#freeSpace = parts.freeSpace ?? freeSpaceOf;
    this.#free = this.#freeSpace(parts.path);
    this.#freeAtPosition = parts.enqueuer.nextPosition;
    for (const directory of parts.queues()) this.#queueBytes.set(directory, this.#bytesIn(directory));
    const half = Math.floor(this.#free.freeBytes / 2) + this.#usedBytes;
    this.#limitBytes = parts.maxDiskBytes ?? Math.max(half, LEAST_SEGMENTS * parts.segmentBytes);
    this.#lines = new EpisodeLog({
      began: (why) => parts.log.warn(`nothing more is taken: ${why}`),
      wentOn: (_, why) => parts.log.warn(`still or again nothing is taken: ${why}`),
      over: () => {
        if (this.#full === undefined)
          parts.log.info(`messages are taken: the data directory takes ${this.#usedBytes} bytes`);
      },
    });
    this.#tendReserve();
    this.update();
  }

  /** Why nothing is to be taken for now; undefined when there is room. */
  get refusal(): PenstockError | undefined {
    if (this.#full === undefined && this.#parts.enqueuer.nextPosition >= this.#lookAtPosition) this.#lookOnTheWay();
    return this.#refusal;
  }

  snapshot(): DiskSnapshot {
    const full = this.refusal === undefined ? undefined : this.#full;
    return { bytes: this.#usedBytes, limitBytes: this.#limitBytes, full };
  }

  start(): void {
    this.#stopped = false;
    this.#timer ??= setInterval(() => this.#sample(), SAMPLE_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#lines.end();
    // What waits is to be written, or to fail, before the journal closes.
    this.#stopped = true;
    this.#parts.journal.outOfSpace = false;
  }

  /** Looks anew whether there is room; to be called when a segment has gone, too, so that all goes on at once. */
  update(): void {
    const { enqueuer, journal, segmentBytes } = this.#parts;
    const usedBytes = this.#usedBytes;
    const uncommittedBytes = enqueuer.nextPosition - enqueuer.committedPosition;
    const spareBytes = journal.numbers.spareBytes;
    const withinLimit = this.#limitBytes - usedBytes - uncommittedBytes;
    const freeBytes = this.#expectedFreeBytes;
    const overKeptFree = freeBytes - this.#keptFreeBytes;
    // Others write to the file system, too: before half of what was free is used up, it is asked again.
    this.#lookAtPosition = enqueuer.nextPosition + Math.min(withinLimit, overKeptFree / 2);
    const wanted = this.#full === undefined ? 0 : ROOM;
    if (withinLimit <= wanted * this.#limitBytes) this.#begin('limit');
    else if (overKeptFree <= wanted * this.#keptFreeBytes) this.#begin('free-space');
    else this.#end();
    journal.outOfSpace = !this.#stopped && this.#isExhausted(freeBytes);
    // Spare segments do not count, so there are none where they would take the directory beyond its limit.
    journal.shortOfSpace =
      this.#full !== undefined ||
      withinLimit < Math.max(spareBytes, 2 * segmentBytes) ||
      overKeptFree < 2 * segmentBytes;
  }

  get #usedBytes(): number {
    const { bytes, spareBytes, indexBytes } = this.#parts.journal.numbers;
    let queueBytes = 0;
    for (const each of this.#queueBytes.values()) queueBytes += each;
    return bytes - spareBytes + indexBytes + queueBytes;
  }

  /** With what the reserve lacks: until there is room for that too, all that is free is to take its place. */
  get #keptFreeBytes(): number {
    const { reserve, segmentBytes } = this.#parts;
    const lacking = reserve === undefined ? 0 : Math.max(0, reserve.wantedBytes - reserve.bytes);
    const most = Math.floor(this.#free.totalBytes * KEPT_FREE_PART);
    return Math.min(Math.max(KEPT_FREE_BYTES, 2 * segmentBytes), most) + lacking;
  }

  /** Whether there is no room left but for settlements and dead letters. */
  #isExhausted(freeBytes: number): boolean {
    const { reserve } = this.#parts;
    return reserve !== undefined && freeBytes + reserve.bytes < 2 * reserve.wantedBytes;
  }

  /** Gives the reserve up, or makes it again, as the file system was found. */
  #tendReserve(): void {
    const { reserve, log } = this.#parts;
    if (reserve === undefined) return;
    const { freeBytes } = this.#free;
    try {
      if (this.#isExhausted(freeBytes)) {
        if (reserve.bytes === 0) return;
        const { bytes } = reserve;
        reserve.giveUp();
        log.error(
          `only ${freeBytes} bytes are free on the disk of the data directory: its reserve of ${bytes} bytes is given up for what consumers settle; make room`,
        );
      } else if (!reserve.whole && freeBytes + reserve.bytes > this.#keptFreeBytes) reserve.make();
      else return;
      this.#lookUpFree();
    } catch {
      // Somebody else took the room. It is tried again with the next sample; of a disk that fails, the journal tells.
    }
  }

  #lookUpFree(): void {
    this.#free = this.#freeSpace(this.#parts.path);
    this.#freeAtPosition = this.#parts.enqueuer.nextPosition;
  }

  /** What was written since the file system was asked lies in it, or is about to. */
  get #expectedFreeBytes(): number {
    return this.#free.freeBytes - (this.#parts.enqueuer.nextPosition - this.#freeAtPosition);
  }

  /** Between two samples. What is not on the disk yet is not missing there: of what is free, the lesser figure counts. */
  #lookOnTheWay(): void {
    const expected = this.#expectedFreeBytes;
    try {
      this.#lookUpFree();
      const { freeBytes, totalBytes } = this.#free;
      this.#free = { freeBytes: Math.min(freeBytes, expected), totalBytes };
    } catch {
      // As in a sample.
    }
    this.update();
  }

  #sample(): void {
    const { enqueuer } = this.#parts;
    const before = this.#full;
    this.#sampleQueues();
    try {
      this.#lookUpFree();
    } catch {
      // What was known last holds on, with what is written since; a directory that is gone is the journal's to tell.
    }
    this.#tendReserve();
    this.update();
    const full = this.#full;
    if (before === undefined || full === undefined) return;
    // The log is not to tell of an end while it lasts.
    this.#lines.note(1, () => this.#why(full));
    // The segment being written may hold much of what is settled: it cannot go before it has ended.
    enqueuer.endSegment();
  }

  #sampleQueues(): void {
    const directories = this.#parts.queues();
    for (const known of this.#queueBytes.keys()) {
      if (!directories.includes(known)) this.#queueBytes.delete(known);
    }
    for (let count = Math.min(QUEUES_PER_SAMPLE, directories.length); count > 0; count--) {
      this.#nextQueue = (this.#nextQueue + 1) % directories.length;
      const directory = directories[this.#nextQueue] as string;
      this.#queueBytes.set(directory, this.#bytesIn(directory));
    }
  }

  #bytesIn(directory: string): number {
    const { files } = this.#parts;
    const folder = deadDirectory(directory);
    let bytes = 0;
    for (const name of files.list(folder)) {
      try {
        bytes += files.size(`${folder}/${name}`);
      } catch {
        // It was removed meanwhile.
      }
    }
    return bytes;
  }

  #begin(full: 'limit' | 'free-space'): void {
    if (this.#full === full) return;
    this.#full = full;
    this.#refusal = new PenstockError(
      'DISK_LIMIT',
      `the hub takes no message for now: ${this.#why(full)}; it goes on by itself when consumers have settled enough`,
    );
    this.#lines.note(1, () => this.#why(full));
  }

  #why(full: 'limit' | 'free-space'): string {
    return full === 'limit'
      ? `the data directory takes ${this.#usedBytes} bytes, and maxDiskBytes is ${this.#limitBytes}`
      : `${this.#free.freeBytes} bytes are free on the disk of the data directory, and ${this.#keptFreeBytes} are kept free`;
  }

  #end(): void {
    this.#full = undefined;
    this.#refusal = undefined;
  }
}
