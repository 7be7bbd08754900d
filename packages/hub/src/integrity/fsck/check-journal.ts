// Checks the journal: every segment's header, every record with its position and checksum, and beside each segment the
// index files that the queues have of it. One segment is read at a time, and once for all queues.
import type { File } from '../../files/files.js';
import { scanPastDamage } from '../../journal/resync.js';
import { positionOfName, readSegmentHeader, type SegmentHeader, segmentName } from '../../journal/segment.js';
import { readHeaderAnyhow } from '../../journal/segment-files.js';
import { below, type Examined, problemOf } from './examined.js';
import { type ByteRange, damage, type Found, note } from './finding.js';
import { recover } from './recover.js';
import { writeHeaderAnew } from './segment-header.js';
import { SegmentIndexes } from './segment-indexes.js';

/** Checks all segments, oldest first, and the index files of each; yields the bytes of each that is done, too. */
export function* checkJournal(examined: Examined): Generator<Found | number, void> {
  const firsts = segmentPositions(examined);
  for (const [index, firstPosition] of firsts.entries()) {
    const path = `${examined.path}/journal/${segmentName(firstPosition)}`;
    const file = examined.files.open(path);
    try {
      yield* new SegmentCheck(examined, file, path, firstPosition, firsts[index + 1]).run();
    } finally {
      file.close();
    }
    yield examined.files.size(path);
  }
}

/** First positions of all segments, ascending. */
export const segmentPositions = ({ files, path }: Pick<Examined, 'files' | 'path'>): number[] =>
  files
    .list(`${path}/journal`)
    .map((name) => positionOfName(name, '.seg'))
    .filter((first) => first !== undefined);

class SegmentCheck {
  readonly #examined: Examined;
  readonly #file: File;
  readonly #path: string;
  readonly #firstPosition: number;
  /** Where the next one begins that is there; undefined for the last. */
  readonly #nextPosition: number | undefined;

  constructor(examined: Examined, file: File, path: string, firstPosition: number, nextPosition: number | undefined) {
    this.#examined = examined;
    this.#file = file;
    this.#path = path;
    this.#firstPosition = firstPosition;
    this.#nextPosition = nextPosition;
  }

  *run(): Generator<Found, void> {
    const header = readHeaderAnyhow(this.#file, this.#path, this.#firstPosition);
    yield* this.#checkHeader(header);
    if (header === undefined) return;
    if (this.#nextPosition === undefined && !this.#examined.clean) yield* this.#checkUnfinished(header);
    else yield* this.#checkFinished(header);
  }

  get #name(): string {
    return below(this.#examined, this.#path);
  }

  /** @param readable What its records tell of the header; undefined when there are none. */
  *#checkHeader(readable: SegmentHeader | undefined): Generator<Found, void> {
    let problem: string;
    try {
      const { firstPosition } = readSegmentHeader(this.#file, this.#path);
      if (firstPosition === this.#firstPosition) return;
      problem = `it says that it begins at position ${firstPosition}`;
    } catch (error) {
      problem = problemOf(error);
    }
    const path = this.#name;
    if (readable !== undefined && this.#nextPosition !== undefined) {
      const { headerBytes } = readable;
      const mend = () => writeHeaderAnew(this.#examined, this.#path, readable, this.#nextPosition as number);
      const repair = 'a copy is kept, and the header is written anew';
      yield damage({ path, bytes: { from: 0, to: headerBytes }, problem, repair, mend });
    } else if (this.#nextPosition !== undefined) {
      const mend = () => void this.#examined.quarantine.moveAside('journal', this.#path);
      yield damage({ path, problem: `${problem}, and no record in it is whole`, repair: 'it is set aside', mend });
    } else yield damage({ path, problem, ...recover(this.#examined) });
  }

  /** The one that the last hub was writing when it was killed. Its index files are made anew in any case. */
  *#checkUnfinished(header: SegmentHeader): Generator<Found, void> {
    const { path, ranges, end } = { path: this.#name, ...this.#scan(header) };
    for (const bytes of ranges) {
      yield damage({
        path,
        bytes,
        problem: 'records are damaged, with whole ones behind them',
        ...recover(this.#examined),
      });
    }
    const left = header.reused ? end.begunBytes : this.#file.size() - end.offset;
    if (left === 0) return;
    const problem = 'a record that the last hub had not finished when it ended; it was never committed';
    yield note({ path, bytes: { from: end.offset, to: end.offset + left }, problem, ...recover(this.#examined) });
  }

  *#checkFinished(header: SegmentHeader): Generator<Found, void> {
    const indexes = new SegmentIndexes(this.#examined, this.#path, header, this.#nextPosition);
    try {
      yield* indexes.open();
      const { ranges, end } = this.#scan(header, indexes);
      const size = this.#file.size();
      if (end.offset < size) ranges.push({ from: end.offset, to: size });
      yield* indexes.report(ranges, end);
      const endPosition = this.#examined.ends?.position ?? 0;
      if (this.#nextPosition !== undefined || end.position >= endPosition) return;
      const problem = `the last hub stopped at position ${endPosition}, and what is whole ends at ${end.position}`;
      yield damage({ path: this.#name, problem, ...recover(this.#examined) });
    } finally {
      indexes.close();
    }
  }

  /** Reads all records; those before the first damage are held against the index files. */
  #scan(header: SegmentHeader, indexes?: SegmentIndexes) {
    const ranges: ByteRange[] = [];
    const end = scanPastDamage(
      this.#file,
      header,
      (record) => {
        indexes?.take(record, ranges.length > 0);
        return true;
      },
      (range) => {
        ranges.push(range);
        return true;
      },
    );
    return { ranges, end };
  }
}
