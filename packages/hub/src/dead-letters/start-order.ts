// What a start does with a queue's dead letters, before any thread of it runs: it counts them, takes out what a hub that
// was killed has left, and deletes what nobody needs. Cut off anywhere, the next start comes to the same.
import { PenstockError } from '../errors.js';
import { type Files, readWhole, syncFile } from '../files/files.js';
import type { IntervalSet } from '../queue/interval-set.js';
import { deadDirectory, listDeadFiles } from './file-names.js';
import { KEPT_FILE, readKept, writeKept } from './kept-list.js';
import { decodeHead, FILE_HEADER_BYTES, HEAD_BYTES } from './letter-format.js';
import { LetterReader } from './letter-reader.js';
import { RemovalLog, type RemovedLetter, type RemovedLetters, readRemovedLetters } from './removed-letters.js';

export interface QueueLetters {
  readonly files: Files;
  /** The queue's folder. */
  readonly directory: string;
  readonly queueNumber: number;
  /**
   * Takes a file away that is not what was written: one none of whose letters can be told from others, or a log of
   * removals; where there is nobody to, it is left alone. Told how many letters it seems to have.
   */
  readonly setAside?: (path: string, problem: string, letters: number) => void;
  /** Told how many letters are missing, of those that there must be. */
  readonly missing?: (letters: number) => void;
}

/** A file that nobody writes to any more. */
export interface EndedFile {
  readonly name: string;
  readonly letters: number;
}

/** How many letters were written to a queue. */
export interface WrittenLetters {
  /** Since there is the queue, those that were removed included. */
  readonly ever: number;
  /** Since the last start. */
  readonly sinceStart: number;
}

export const NONE_WRITTEN: WrittenLetters = { ever: 0, sinceStart: 0 };

export interface StartOrder {
  /** Those that have letters which are kept. */
  readonly files: readonly EndedFile[];
  /** How many they are. */
  readonly kept: number;
  /** By file, the ordinals that were removed; of files that are there. */
  readonly removed: Map<bigint, Set<number>>;
  /** The number of a log of removals that there is none of. */
  readonly nextLog: number;
  /** What cannot be read, a line each. */
  readonly problems: readonly string[];
}

/** A file while it is looked at. */
interface Candidate extends EndedFile {
  /** Of a file that ended while it was begun, 0: it has no letters. */
  readonly id: bigint;
  readonly least: number;
  readonly greatest: number;
  /** Whether its thread ended without closing it. */
  readonly torn: boolean;
  /** Of such a file, how much of it is no whole letter. */
  readonly unreadableBytes: number;
  /** Of such a file, what it has: after a loss of power that can be less than was removed from it. */
  readonly ordinals?: ReadonlySet<number>;
}

/**
 * @param settled The ordinals that are settled. A letter whose entry is not is taken out: the entry is delivered again,
 *   and what then becomes of it is not known yet.
 * @param written How many letters were written, as far as settle logs say.
 * @throws DATA_FORMAT_UNSUPPORTED about what was removed; of letters' files it is reported.
 */
export function putInOrder(
  queue: QueueLetters,
  settled: IntervalSet,
  written: WrittenLetters = NONE_WRITTEN,
): StartOrder {
  const problems: string[] = [];
  const before = readRemovedLetters(queue.files, queue.directory, queue.queueNumber);
  const candidates = listDeadFiles(queue.files, queue.directory)
    .map(({ name }) => look(queue, name, problems))
    .filter((candidate) => candidate !== undefined);
  const missing = countMissing(queue, candidates, before, written);
  if (missing > 0) queue.missing?.(missing);
  const removed = new Map(candidates.map((candidate) => [candidate.id, removedFrom(candidate, before)]));
  for (const { file, ordinal } of takenOut(queue, candidates, settled)) removed.get(file)?.add(ordinal);
  const left = ({ id, letters }: Candidate) => letters - (removed.get(id)?.size ?? 0);
  const staying = candidates.filter((candidate) => left(candidate) > 0);
  const going = candidates.filter((candidate) => left(candidate) <= 0);
  for (const { id } of going) removed.delete(id);
  // What cannot be read may be the letters that are missing.
  const suspects = missing === 0 ? [] : going.filter(({ unreadableBytes }) => unreadableBytes > 0);
  for (const { name } of suspects) {
    queue.setAside?.(`${deadDirectory(queue.directory)}/${name}`, 'no letter in it can be read', 0);
  }
  // In this order: what was removed is forgotten once its file is gone for good.
  deleteFiles(
    queue,
    going.map(({ name }) => name),
  );
  const nextLog = rewriteLogs(queue, before, removed);
  writeKept(queue.files, queue.directory, new Map(staying.map(({ name, letters, id }) => [name, { letters, id }])));
  const kept = staying.reduce((sum, candidate) => sum + left(candidate), 0);
  return { files: staying, kept, removed, nextLog, problems };
}

function openFile({ files, directory, queueNumber }: QueueLetters, name: string): LetterReader {
  return new LetterReader(files, `${deadDirectory(directory)}/${name}`, queueNumber);
}

/** Undefined for a file that is left alone: it cannot be read. */
function look(queue: QueueLetters, name: string, problems: string[]): Candidate | undefined {
  let reader: LetterReader;
  try {
    reader = openFile(queue, name);
  } catch (error) {
    if (!(error instanceof PenstockError)) throw error;
    const path = `${deadDirectory(queue.directory)}/${name}`;
    if (error.code !== 'DATA_DAMAGED' || queue.setAside === undefined) problems.push(error.message);
    else queue.setAside(path, error.message, countHeads(readWhole(queue.files, path)));
    return undefined;
  }
  try {
    const { id = 0n, footer } = reader;
    if (footer !== undefined) {
      const { letters, leastOrdinal: least, greatestOrdinal: greatest } = footer;
      return { name, id, letters, least, greatest, torn: false, unreadableBytes: 0 };
    }
    const ordinals = new Set<number>();
    const found = reader.letters();
    let next = found.next();
    for (; !next.done; next = found.next()) ordinals.add(next.value.head.ordinal);
    const unreadableBytes = next.value.damagedBytes + next.value.tornBytes;
    let [least, greatest] = [Number.POSITIVE_INFINITY, -1];
    for (const ordinal of ordinals) [least, greatest] = [Math.min(least, ordinal), Math.max(greatest, ordinal)];
    return { name, id, letters: ordinals.size, least, greatest, torn: true, unreadableBytes, ordinals };
  } finally {
    reader.close();
  }
}

/** How many letters there are less than there must be: in files that there were at the last start, and in those since. */
function countMissing(
  queue: QueueLetters,
  candidates: readonly Candidate[],
  { byFile }: RemovedLetters,
  written: WrittenLetters,
): number {
  const { files, directory } = queue;
  const kept = readKept(files, directory);
  const found = candidates.reduce((sum, { letters }) => sum + letters, 0);
  if (kept === 'damaged') {
    const path = `${deadDirectory(directory)}/${KEPT_FILE}`;
    const problem = 'it cannot be read, and told how many dead letters there were: some may be missing';
    queue.setAside?.(path, problem, Math.max(0, written.ever - found));
    return 0;
  }
  const there = new Map(candidates.map((candidate) => [candidate.name, candidate]));
  let missing = 0;
  for (const [name, { letters, id }] of kept) {
    const candidate = there.get(name);
    // One that is gone went with the last letter in it; what was removed by then is known still.
    const left = candidate?.letters ?? byFile.get(id)?.size ?? 0;
    missing += Math.max(0, letters - left);
  }
  const since = candidates.reduce((sum, { name, letters }) => sum + (kept.has(name) ? 0 : letters), 0);
  return missing + Math.max(0, written.sinceStart - since);
}

/** How many letters a file seems to have whose checksums cannot be looked at: they begin from its damaged header. */
function countHeads(bytes: Uint8Array): number {
  let letters = 0;
  for (let at = FILE_HEADER_BYTES; at < bytes.byteLength; ) {
    const head = decodeHead(bytes.subarray(at));
    if (head === undefined) at++;
    else {
      letters++;
      at += HEAD_BYTES + head.textBytes + head.recordBytes;
    }
  }
  return letters;
}

/** Which of a file's letters were removed before. */
function removedFrom({ id, ordinals }: Candidate, { byFile }: RemovedLetters): Set<number> {
  const all = [...(byFile.get(id) ?? [])];
  return new Set(ordinals === undefined ? all : all.filter((ordinal) => ordinals.has(ordinal)));
}

/** Letters of entries that are not settled, and all but the newest of those that are there more than once. */
function takenOut(queue: QueueLetters, candidates: readonly Candidate[], settled: IntervalSet): RemovedLetter[] {
  const out: RemovedLetter[] = [];
  const newer = new Set<number>();
  for (const candidate of candidates.toReversed()) {
    const { name, id, least, greatest } = candidate;
    const isSettled = least > greatest || settled.gaps(least, greatest + 1).length === 0;
    // Only a thread that ends without closing its file leaves a letter that another writes again.
    const others = candidates.filter((each) => each !== candidate && (each.torn || candidate.torn));
    const isAlone = others.every((each) => each.greatest < least || each.least > greatest);
    if (isSettled && isAlone) continue;
    const reader = openFile(queue, name);
    try {
      for (const ordinal of ordinalsOf(reader)) {
        if (!settled.has(ordinal) || newer.has(ordinal)) out.push({ file: id, ordinal });
        else if (!isAlone) newer.add(ordinal);
      }
    } finally {
      reader.close();
    }
  }
  return out;
}

function* ordinalsOf(reader: LetterReader): Generator<number, void> {
  for (const { head } of reader.letters()) yield head.ordinal;
}

function deleteFiles({ files, directory }: QueueLetters, names: readonly string[]): void {
  if (names.length === 0) return;
  for (const name of names) files.remove(`${deadDirectory(directory)}/${name}`);
  files.syncDirectory(deadDirectory(directory));
}

/** A hub that was killed may not have come to it: what this start counts as removed must not be back after a power loss. */
function putOnStableStorage(files: Files, directory: string, logs: readonly string[]): void {
  if (logs.length === 0) return;
  for (const name of logs) syncFile(files, `${directory}/${name}`);
  files.syncDirectory(directory);
}

/**
 * Replaces all logs by one, where that says more or is shorter, or one of them is damaged: that one is set aside, once
 * what can be read of it is in the new one.
 *
 * @returns The number of the next log.
 */
function rewriteLogs(
  { files, directory, queueNumber, setAside }: QueueLetters,
  before: RemovedLetters,
  removed: ReadonlyMap<bigint, ReadonlySet<number>>,
): number {
  const letters = [...removed].flatMap(([file, ordinals]) => [...ordinals].map((ordinal) => ({ file, ordinal })));
  const known = [...before.byFile.values()].reduce((sum, { size }) => sum + size, 0);
  const saysMore = letters.some(({ file, ordinal }) => before.byFile.get(file)?.has(ordinal) !== true);
  const going = setAside === undefined ? [] : before.damaged;
  const isAsNeeded = !saysMore && letters.length === known && before.logs.length <= 1;
  if (isAsNeeded && going.length === 0) {
    putOnStableStorage(files, deadDirectory(directory), before.logs);
    return before.nextLog;
  }
  if (letters.length > 0) {
    const log = new RemovalLog(files, directory, queueNumber, before.nextLog);
    log.add(letters);
    log.close();
  }
  for (const { name, problem } of going) {
    setAside?.(`${deadDirectory(directory)}/${name}`, `${problem}: letters that were removed may be seen again`, 0);
  }
  const damaged = new Set(before.damaged.map(({ name }) => name));
  for (const name of before.logs) if (!damaged.has(name)) files.remove(`${deadDirectory(directory)}/${name}`);
  files.syncDirectory(deadDirectory(directory));
  return before.nextLog + 1;
}
