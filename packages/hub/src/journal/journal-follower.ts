// Reads the journal's messages in order beside the hub that writes it, from another process, without the hub knowing.
// So segments can go at any time, or be written over under the reader (enqueuer/writer/spare-segments.ts): each record
// is checked for its position and checksum, and what could not be read any more is told as bytes passed by.
import { type File, type Files, isMissing, readFully } from '../files/files.js';
import { AT, RecordKind, recordProblem, viewOf } from './record.js';
import { findNextRecord } from './resync.js';
import type { ScannedRecord } from './scan.js';
import { positionOfName, segmentName } from './segment.js';
import { lastAtMost, type OpenSegment, readHeaderAnyhow } from './segment-files.js';

const CHUNK_BYTES = 1 << 20;

/** What the follower comes upon, in the order of positions. */
export type Followed =
  /** A DATA record, valid until the follower goes on. */
  | { readonly kind: 'message'; readonly record: ScannedRecord }
  /** What lay between two positions is gone, or damaged. */
  | { readonly kind: 'unseen'; readonly from: number; readonly to: number };

export class JournalFollower {
  readonly #files: Files;
  readonly #directory: string;
  /** The one file that is open: an open file that was removed takes its place on the disk until it is closed. */
  #segment: OpenSegment | undefined;
  #position = 0;
  /** Whether a record lies before what was looked for. */
  #isBefore: ((record: ScannedRecord) => boolean) | undefined;
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);

  constructor(files: Files, journalDirectory: string) {
    this.#files = files;
    this.#directory = journalDirectory;
  }

  /** Where it goes on: the position after all that was read or passed by. */
  get position(): number {
    return this.#position;
  }

  /** The position at which the oldest segment begins that is there; undefined when there is none. */
  earliest(): number | undefined {
    return this.#firsts()[0];
  }

  /** Goes on at a position at which a record begins, or will. */
  goTo(position: number): void {
    this.close();
    this.#position = position;
    this.#isBefore = undefined;
  }

  /** Goes on at the first record that begins at or after a position. */
  seekPosition(wanted: number): void {
    const firsts = this.#firsts();
    this.goTo(firsts[lastAtMost(firsts, wanted)] ?? wanted);
    this.#isBefore = ({ position }) => position < wanted;
  }

  /**
   * Goes on at the first record that was taken at or after a time. Times are the wall clock's: where that was set
   * back, it is one of the places at which the time was reached.
   *
   * @param wantedMs In milliseconds since 1970.
   */
  seekTime(wantedMs: number): void {
    const firsts = this.#firsts();
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#beganAt(firsts[middle] as number) < wantedMs) low = middle + 1;
      else high = middle;
    }
    this.goTo(firsts[Math.max(0, low - 1)] ?? 0);
    this.#isBefore = ({ view, at }) => view.getFloat64(at + AT.time, true) < wantedMs;
  }

  /**
   * Yields what there is from the present position on. Reads as it is asked, so it may be left at any point.
   *
   * @param end Up to which position all is committed; by default, all that the files hold is read.
   */
  *read(end = Number.POSITIVE_INFINITY): Generator<Followed, void> {
    let wanted = CHUNK_BYTES;
    /** Where no record was, so that the segment was opened anew: it may have ended, gone or been written over. */
    let triedAnewAt = -1;
    while (this.#position < end) {
      this.#segment ??= this.#open(this.#position);
      const begins = this.#segment?.firstPosition ?? end;
      if (begins === Number.POSITIVE_INFINITY) return;
      if (this.#segment === undefined || begins > this.#position) {
        yield this.#pass(Math.min(begins, end));
        continue;
      }
      const from = this.#position;
      const got = this.#fill(this.#segment, Math.min(wanted, end - from));
      const problem = yield* this.#walk(got);
      const length = this.#chunk.readUInt32LE(AT.length);
      if (this.#position > from) {
        wanted = CHUNK_BYTES;
      } else if (problem === 'short' && length > wanted && length <= this.#bytesLeft(this.#segment)) {
        wanted = length;
      } else if (triedAnewAt !== from) {
        triedAnewAt = from;
        this.close();
      } else {
        const behind = this.#nextRecord(this.#segment, from);
        const next = behind ?? this.#firsts().find((first) => first > from);
        const to = Math.min(next ?? end, end);
        // What comes after the last whole record of a journal that nobody writes is its end.
        if (to === Number.POSITIVE_INFINITY) return;
        this.close();
        yield this.#pass(to);
      }
    }
  }

  /** Closes the file that is open. Reading goes on where it was. */
  close(): void {
    this.#segment?.file.close();
    this.#segment = undefined;
  }

  #pass(to: number): Followed {
    const from = this.#position;
    this.#position = to;
    return { kind: 'unseen', from, to };
  }

  /** Reads from the present position on; returns how many bytes were there. */
  #fill({ file, headerBytes, firstPosition }: OpenSegment, most: number): number {
    const size = Math.max(most, CHUNK_BYTES);
    if (this.#chunk.byteLength !== size) this.#chunk = Buffer.allocUnsafeSlow(size);
    const offset = headerBytes + this.#position - firstPosition;
    return readFully(file, this.#chunk.subarray(0, most), offset);
  }

  /** Yields the messages among the records that were read; returns what is wrong where no whole record follows. */
  *#walk(got: number): Generator<Followed, ReturnType<typeof recordProblem>> {
    const bytes = this.#chunk;
    const view = viewOf(bytes);
    for (let at = 0; at < got; ) {
      const problem = recordProblem(bytes, view, at, got, this.#position);
      if (problem !== undefined) return problem;
      const record = { bytes, view, at, length: view.getUint32(at + AT.length, true), position: this.#position };
      at += record.length;
      this.#position += record.length;
      if (this.#isBefore?.(record)) continue;
      this.#isBefore = undefined;
      if (view.getUint8(record.at + AT.kind) === RecordKind.DATA) yield { kind: 'message', record };
    }
    return undefined;
  }

  /** The position of the next whole record behind one that is not, in the same segment. */
  #nextRecord(segment: OpenSegment, position: number): number | undefined {
    const { file, headerBytes, firstPosition } = segment;
    const next = findNextRecord(file, segment, headerBytes + position - firstPosition + 1);
    return next && firstPosition + next - headerBytes;
  }

  /** From the present position on. */
  #bytesLeft({ file, headerBytes, firstPosition }: OpenSegment): number {
    return file.size() - headerBytes - (this.#position - firstPosition);
  }

  /** First positions of the segments that are there, ascending. */
  #firsts(): number[] {
    return this.#files
      .list(this.#directory)
      .map((name) => positionOfName(name, '.seg'))
      .filter((first) => first !== undefined);
  }

  /** The segment that a position lies in, else the one before or after it; undefined when there is none at all. */
  #open(position: number): OpenSegment | undefined {
    const unusable = new Set<number>();
    for (;;) {
      const firsts = this.#firsts().filter((first) => !unusable.has(first));
      const first = firsts[Math.max(0, lastAtMost(firsts, position))];
      if (first === undefined) return undefined;
      const segment = this.#openAt(first);
      if (segment !== undefined) return segment;
      unusable.add(first);
    }
  }

  /** Opens the segment that begins at `first`; undefined when it is gone, or nothing in it can be read. */
  #openAt(first: number): OpenSegment | undefined {
    const path = `${this.#directory}/${segmentName(first)}`;
    let file: File | undefined;
    try {
      file = this.#files.open(path);
      const header = readHeaderAnyhow(file, path, first);
      if (header !== undefined) return { ...header, file };
      file.close();
    } catch (error) {
      file?.close();
      if (!isMissing(error)) throw error;
    }
    return undefined;
  }

  /** When the first record of a segment was taken: -Infinity when the segment is gone, Infinity when it has none. */
  #beganAt(first: number): number {
    const segment = this.#openAt(first);
    if (segment === undefined) return Number.NEGATIVE_INFINITY;
    const header = Buffer.alloc(AT.time + 8);
    const got = segment.file.read(header, segment.headerBytes);
    segment.file.close();
    const isRecord = got === header.byteLength && header.readDoubleLE(AT.position) === first;
    return isRecord ? header.readDoubleLE(AT.time) : Number.POSITIVE_INFINITY;
  }
}
