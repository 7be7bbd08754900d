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

/** A log that is not what was written. */
export interface DamagedLog {
  readonly name: string;
  readonly problem: string;
}

/** By file, the ordinals that were removed. */
export type RemovedByFile = ReadonlyMap<bigint, ReadonlySet<number>>;

export interface RemovedLetters {
  readonly byFile: Map<bigint, Set<number>>;
  /** Names of the logs that were read. */
  readonly logs: readonly string[];
  /** Of these, the ones that are damaged: what can be read of them is in here. */
  readonly damaged: readonly DamagedLog[];
  /** A number that none of them has. */
  readonly nextLog: number;
}

/**
 * Reads all logs of a queue, as far as they can be read.
 *
 * @throws DATA_FORMAT_UNSUPPORTED naming the log.
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
  const damaged: DamagedLog[] = [];
  let nextLog = 1;
  for (const name of files.list(directory)) {
    const number = parseRemovedLogName(name);
    if (number === undefined) continue;
    logs.push(name);
    nextLog = Math.max(nextLog, number + 1);
    const { letters, problem } = readLog(files, `${directory}/${name}`, queueNumber);
    if (problem !== undefined) damaged.push({ name, problem });
    for (const { file, ordinal } of letters) {
      const known = byFile.get(file);
      if (known === undefined) byFile.set(file, new Set([ordinal]));
      else known.add(ordinal);
    }
  }
  return { byFile, logs, damaged, nextLog };
}

/** What a log says, and what is wrong with it. */
interface ReadLog {
  readonly letters: readonly RemovedLetter[];
  readonly problem: string | undefined;
}

function readLog(files: Files, path: string, queueNumber: number): ReadLog {
  const bytes = readWhole(files, path);
  const letters: RemovedLetter[] = [];
  // Torn while it was begun: nothing in it was ever answered for.
  if (bytes.byteLength < RECORD_BYTES) return { letters, problem: undefined };
  const view = viewOf(bytes);
  const isTrueHeader = isHeader(bytes, view);
  if (isTrueHeader && queueNumberIn(view, path) !== queueNumber) {
    return { letters, problem: `it is a log of removed letters of queue ${queueNumberIn(view, path)}` };
  }
  let damaged = 0;
  let empty = 0;
  for (let at = RECORD_BYTES; at + RECORD_BYTES <= bytes.byteLength; at += RECORD_BYTES) {
    // Torn, or damaged: its letter is shown again, and can be removed again. None lies in two sectors, so that a torn one
    // is zeros or shorter.
    if (view.getUint32(at, true) !== crc32(bytes.subarray(at + 4, at + RECORD_BYTES))) {
      if (isZeros(bytes, at)) empty++;
      else damaged++;
      continue;
    }
    damaged += empty;
    empty = 0;
    letters.push({ file: view.getBigUint64(at + 16, true), ordinal: view.getFloat64(at + 8, true) });
  }
  if (damaged > 0) return { letters, problem: `${damaged} of its records are not what was written` };
  // A header of zeros with nothing true behind it was torn, too. A damaged one says nothing, and the records behind it
  // speak for themselves.
  const isBegun = letters.length === 0 && isZeros(bytes, 0);
  return { letters, problem: isTrueHeader || isBegun ? undefined : 'its header is not what was written' };
}

const isZeros = (bytes: Uint8Array, at: number): boolean =>
  bytes.subarray(at, at + RECORD_BYTES).every((byte) => byte === 0);

function isHeader(bytes: Uint8Array, view: DataView): boolean {
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) return false;
  const sealed = view.getUint32(HEADER_CRC_AT, true);
  return view.getUint32(8, true) === 1 ? sealed === 0 : sealed === crc32(bytes.subarray(0, HEADER_CRC_AT));
}

/** Of a header that is what was written. */
function queueNumberIn(view: DataView, path: string): number {
  const version = view.getUint32(8, true);
  if (version > REMOVED_FORMAT) {
    throw new PenstockError(
      'DATA_FORMAT_UNSUPPORTED',
      `${path} has format ${version}; this Penstock reads up to ${REMOVED_FORMAT}`,
    );
  }
  return view.getUint32(12, true);
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
