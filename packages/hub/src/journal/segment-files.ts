// The journal's segments as seen by a reader: finds the one that a position lies in, and keeps the last few
// open. Segments come and go while readers run; a reader that finds nothing where it looked lists them anew.
import { PenstockError } from '../errors.js';
import { type File, type Files, isMissing } from '../files/files.js';
import { findHeaderBytes } from './resync.js';
import { positionOfName, readSegmentHeader, type SegmentHeader, segmentName } from './segment.js';

const MOST_OPEN = 4;

export interface OpenSegment extends SegmentHeader {
  readonly file: File;
}

export class SegmentFiles {
  readonly #files: Files;
  readonly #directory: string;
  /** First positions of the segments that were there at the last look, ascending. */
  #firsts: number[] = [];
  /** Least recently used first. */
  readonly #open = new Map<number, OpenSegment>();

  constructor(files: Files, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  /** The first positions of all segments, ascending, read anew. */
  list(): readonly number[] {
    this.#firsts = this.#files
      .list(this.#directory)
      .map((name) => positionOfName(name, '.seg'))
      .filter((position) => position !== undefined);
    // An open file would keep a segment that is gone on the disk.
    for (const [first, segment] of this.#open) {
      if (this.#firsts.includes(first)) continue;
      segment.file.close();
      this.#open.delete(first);
    }
    return this.#firsts;
  }

  /** The newest segment known that begins at or before `position`; undefined when there is none or it is gone. */
  find(position: number): OpenSegment | undefined {
    if (this.#firsts.length === 0) this.list();
    const first = this.#firsts[lastAtMost(this.#firsts, position)];
    return first === undefined ? undefined : this.openAt(first);
  }

  /** Whether a segment is the newest that was there at the last look. */
  isNewest({ firstPosition }: SegmentHeader): boolean {
    return firstPosition === this.#firsts.at(-1);
  }

  /** Opens the segment that begins at `first`; undefined when it is gone, or nothing in it can be read. */
  openAt(first: number): OpenSegment | undefined {
    const known = this.#open.get(first);
    if (known !== undefined) {
      if (this.#open.size > 1) {
        this.#open.delete(first);
        this.#open.set(first, known);
      }
      return known;
    }
    const path = `${this.#directory}/${segmentName(first)}`;
    let file: File;
    try {
      file = this.#files.open(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      const header = readHeaderAnyhow(file, path, first);
      if (header === undefined) {
        file.close();
        return undefined;
      }
      const segment = { ...header, file };
      this.#open.set(first, segment);
      this.#evict();
      return segment;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  close(): void {
    for (const segment of this.#open.values()) segment.file.close();
    this.#open.clear();
  }

  #evict(): void {
    for (const [first, segment] of this.#open) {
      if (this.#open.size <= MOST_OPEN) return;
      segment.file.close();
      this.#open.delete(first);
    }
  }
}

/** A segment's header as it could be read. */
export interface FoundHeader extends SegmentHeader {
  /** Whether it is what was written; else it follows from the records, and knows no queue. */
  readonly isTrue: boolean;
}

/**
 * Reads a segment's header; of a damaged one, what its records tell: where they begin. No reader of closed segments needs
 * more of it.
 *
 * @param first The first position, as the file's name has it.
 * @returns The header, and whether it is what was written; undefined when there is no whole record either.
 * @throws DATA_FORMAT_UNSUPPORTED
 */
export function readHeaderAnyhow(file: File, path: string, first: number): FoundHeader | undefined {
  try {
    const header = readSegmentHeader(file, path);
    if (header.firstPosition === first) return { ...header, isTrue: true };
  } catch (error) {
    if (!(error instanceof PenstockError) || error.code !== 'DATA_DAMAGED') throw error;
  }
  const headerBytes = findHeaderBytes(file, first);
  return headerBytes === undefined
    ? undefined
    : { firstPosition: first, headerBytes, queues: [], reused: false, isTrue: false };
}

/**
 * The numbers of all queues that segments' headers know.
 *
 * @throws DATA_FORMAT_UNSUPPORTED
 */
export function queueNumbersIn(files: Files, journalDirectory: string): number[] {
  const segments = new SegmentFiles(files, journalDirectory);
  try {
    const numbers = segments
      .list()
      .flatMap((first) => segments.openAt(first)?.queues.map(({ number }) => number) ?? []);
    return [...new Set(numbers)];
  } finally {
    segments.close();
  }
}

/** Index of the last element that is at most `value` in an ascending list; -1 when all are above it. */
export function lastAtMost(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
