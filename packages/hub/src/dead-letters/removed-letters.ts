// Which letters of a queue were removed: dead-letter files belong to their threads, so the main thread notes in logs of
// its own what of them is not to be seen any more. All logs together tell, in any order.
//
// A log begins with 32 bytes, "PENREMOV", u32 format version, u32 queue number, and goes on with records of the same size:
//   0 u32 CRC-32 of what follows   4 u32 0   8 f64 ordinal   16 u64 id of the file   24 f64 time, ms since 1970
// A letter is told by its file's id beside its ordinal: the same entry can become a dead letter again, in another file.
import { crc32 } from 'node:zlib';
import { PenstockError } from '../errors.js';
import { type File, type Files, isMissing, readWhole } from '../files/files.js';
import { viewOf } from '../journal/record.js';
import { deadDirectory, parseRemovedLogName, removedLogName } from './file-names.js';

const RECORD_BYTES = 32;
/** What this Penstock writes, and the most that it reads. */
export const REMOVED_FORMAT = 2;
const HEADER_CRC_AT = 28;
const MAGIC = new TextEncoder().encode('PENREMOV');

/** How often all is read again because a log went meanwhile, which happens only while a hub starts. */
const MOST_READINGS = 10;

/** One letter in one file. */
export interface RemovedLetter {
  readonly file: bigint;
  readonly ordinal: number;
}

/** By file, the ordinals that were removed. */
export type RemovedByFile = ReadonlyMap<bigint, ReadonlySet<number>>;

export interface RemovedLetters {
  readonly byFile: Map<bigint, Set<number>>;
  /** Names of the logs that were read. */
  readonly logs: readonly string[];
  /** A number that none of them has. */
  readonly nextLog: number;
}

/**
 * Reads all logs of a queue.
 *
 * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED naming the log.
 */
export function readRemovedLetters(files: Files, queueDirectory: string, queueNumber: number): RemovedLetters {
  for (let reading = 1; ; reading++) {
    try {
      return readOnce(files, deadDirectory(queueDirectory), queueNumber);
    } catch (error) {
      // What it said is in the log that has taken its place.
      if (!isMissing(error) || reading === MOST_READINGS) throw error;
    }
  }
}

function readOnce(files: Files, directory: string, queueNumber: number): RemovedLetters {
  const byFile = new Map<bigint, Set<number>>();
  const logs: string[] = [];
  let nextLog = 1;
  for (const name of files.list(directory)) {
    const number = parseRemovedLogName(name);
    if (number === undefined) continue;
    logs.push(name);
    nextLog = Math.max(nextLog, number + 1);
    for (const { file, ordinal } of readLog(files, `${directory}/${name}`, queueNumber)) {
      const known = byFile.get(file);
      if (known === undefined) byFile.set(file, new Set([ordinal]));
      else known.add(ordinal);
    }
  }
  return { byFile, logs, nextLog };
}

function* readLog(files: Files, path: string, queueNumber: number): Generator<RemovedLetter, void> {
  const bytes = readWhole(files, path);
  // Torn while it was begun: nothing in it was ever answered for.
  if (bytes.byteLength < RECORD_BYTES || bytes.subarray(0, RECORD_BYTES).every((byte) => byte === 0)) return;
  const view = viewOf(bytes);
  // A damaged header says nothing, and the records behind it speak for themselves.
  if (isHeader(bytes, view)) checkHeader(view, path, queueNumber);
  for (let at = RECORD_BYTES; at + RECORD_BYTES <= bytes.byteLength; at += RECORD_BYTES) {
    // Torn, or damaged: its letter is shown again, and can be removed again.
    if (view.getUint32(at, true) !== crc32(bytes.subarray(at + 4, at + RECORD_BYTES))) continue;
    yield { file: view.getBigUint64(at + 16, true), ordinal: view.getFloat64(at + 8, true) };
  }
}

function isHeader(bytes: Uint8Array, view: DataView): boolean {
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) return false;
  const sealed = view.getUint32(HEADER_CRC_AT, true);
  return view.getUint32(8, true) === 1 ? sealed === 0 : sealed === crc32(bytes.subarray(0, HEADER_CRC_AT));
}

function checkHeader(view: DataView, path: string, queueNumber: number): void {
  const version = view.getUint32(8, true);
  if (version > REMOVED_FORMAT) {
    throw new PenstockError(
      'DATA_FORMAT_UNSUPPORTED',
      `${path} has format ${version}; this Penstock reads up to ${REMOVED_FORMAT}`,
    );
  }
  if (view.getUint32(12, true) !== queueNumber) {
    throw new PenstockError(
      'DATA_DAMAGED',
      `${path} does not begin as a log of removed letters of queue ${queueNumber}`,
    );
  }
}

/** Notes removals; of all runs of the hub, this one's. */
export class RemovalLog {
  readonly #files: Files;
  readonly #directory: string;
  readonly #queueNumber: number;
  #next: number;
  #file: File | undefined;

  /** @param next The number of its file, which is made on first use; from {@link readRemovedLetters}. */
  constructor(files: Files, queueDirectory: string, queueNumber: number, next: number) {
    this.#files = files;
    this.#directory = deadDirectory(queueDirectory);
    this.#queueNumber = queueNumber;
    this.#next = next;
  }

  /**
   * Notes letters as removed, on stable storage when it returns.
   *
   * @throws what a write or sync failed with: then some may be removed all the same.
   */
  add(letters: readonly RemovedLetter[]): void {
    const bytes = new Uint8Array(letters.length * RECORD_BYTES);
    const view = viewOf(bytes);
    const time = Date.now();
    for (const [index, { file, ordinal }] of letters.entries()) {
      const at = index * RECORD_BYTES;
      view.setFloat64(at + 8, ordinal, true);
      view.setBigUint64(at + 16, file, true);
      view.setFloat64(at + 24, time, true);
      view.setUint32(at, crc32(bytes.subarray(at + 4, at + RECORD_BYTES)), true);
    }
    try {
      const isNew = this.#file === undefined;
      this.#file ??= this.#begin();
      this.#file.append(bytes);
      this.#file.sync();
      if (isNew) this.#files.syncDirectory(this.#directory);
    } catch (error) {
      // Behind what is torn, nothing would be found.
      this.close();
      throw error;
    }
  }

  /** The next removal begins another file. */
  close(): void {
    const file = this.#file;
    this.#file = undefined;
    try {
      file?.close();
    } catch {
      // What counts was synced.
    }
  }

  #begin(): File {
    const header = new Uint8Array(RECORD_BYTES);
    const view = viewOf(header);
    header.set(MAGIC, 0);
    view.setUint32(8, REMOVED_FORMAT, true);
    view.setUint32(12, this.#queueNumber, true);
    view.setUint32(HEADER_CRC_AT, crc32(header.subarray(0, HEADER_CRC_AT)), true);
    const file = this.#files.create(`${this.#directory}/${removedLogName(this.#next++)}`);
    this.#file = file;
    file.append(header);
    return file;
  }
}
