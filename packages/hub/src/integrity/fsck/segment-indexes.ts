// The index files that all queues have of one segment, while the segment is read: each against the records that were routed
// to its queue, and afterwards for what its entries lose to damage in the journal.
import { isMissing } from '../../files/files.js';
import { readRef, readRoute } from '../../journal/encode.js';
import { AT, RecordKind, recordProblem, viewOf } from '../../journal/record.js';
import type { ScanEnd, ScannedRecord } from '../../journal/scan.js';
import type { SegmentHeader } from '../../journal/segment.js';
import { SegmentFiles } from '../../journal/segment-files.js';
import { indexName } from '../../queue/index-file.js';
import { IntervalSet } from '../../queue/interval-set.js';
import { rebuildIndex, writeIndex } from '../../queue/rebuilt-index.js';
import { IndexCheck, type IndexedEntry } from './check-index.js';
import { below, type Examined, type ExaminedQueue, problemOf, settleAsDamaged } from './examined.js';
import { type ByteRange, damage, type Found, type NewFinding, note } from './finding.js';

export class SegmentIndexes {
  readonly #examined: Examined;
  readonly #segment: string;
  readonly #header: SegmentHeader;
  readonly #nextPosition: number;
  readonly #checks = new Map<number, IndexCheck>();
  /** By queue without an index file, how many entries the segment has put into it. */
  readonly #unindexed = new Map<number, number>();
  readonly #routes = new Map<number, readonly number[]>();
  /** By queue, the entries whose loss was told: those without a record lie in no range of their own. */
  readonly #told = new Map<number, IntervalSet>();

  /** @param segment Its path. @param nextPosition Where the next segment begins; undefined for the last. */
  constructor(examined: Examined, segment: string, header: SegmentHeader, nextPosition: number | undefined) {
    this.#examined = examined;
    this.#segment = segment;
    this.#header = header;
    this.#nextPosition = nextPosition ?? Number.POSITIVE_INFINITY;
  }

  /** Opens those that there are; one that does not begin as an index file does is told of. */
  *open(): Generator<Found, void> {
    for (const queue of this.#examined.queues.values()) {
      const path = this.#pathOf(queue);
      try {
        const check = new IndexCheck(this.#examined.files, path);
        this.#checks.set(queue.record.number, check);
      } catch (error) {
        if (isMissing(error)) continue;
        yield this.#toRebuild(queue, problemOf(error));
      }
    }
  }

  /** @param behindDamage Whether it is not known any more which entry is a record's. */
  take({ view, at, position, length }: ScannedRecord, behindDamage: boolean): void {
    const number = view.getUint32(at + AT.route, true);
    const expect = (queue: number, entry: readonly [position: number, length: number]) => {
      const check = this.#checks.get(queue);
      if (check === undefined) this.#unindexed.set(queue, (this.#unindexed.get(queue) ?? 0) + 1);
      else if (!behindDamage) check.expect(...entry);
    };
    switch (view.getUint8(at + AT.kind)) {
      case RecordKind.DATA:
        for (const queue of this.#routes.get(number) ?? []) expect(queue, [position, length]);
        break;
      case RecordKind.ROUTE:
        this.#routes.set(number, readRoute(view, at));
        break;
      case RecordKind.REF:
        readRef(view, at, (...entry) => expect(number, [entry[0], entry[1]]));
        break;
    }
  }

  /**
   * Tells what is wrong with them, and what their queues lose.
   *
   * @param ranges Bytes of the segment that are no whole records.
   * @param end Where its last whole record ends.
   */
  *report(ranges: readonly ByteRange[], end: ScanEnd): Generator<Found, void> {
    const { firstPosition, headerBytes } = this.#header;
    const positionOf = (offset: number) => firstPosition + offset - headerBytes;
    // What is cut off may have ended with a whole record: then only the entries tell that there was more.
    const beyond = { from: end.position, to: this.#nextPosition };
    const damaged = ranges.map(({ from, to }) =>
      from === end.offset ? beyond : { from: positionOf(from), to: positionOf(to) },
    );
    for (const [number, check] of this.#checks) {
      const queue = this.#examined.queues.get(number) as ExaminedQueue;
      if (ranges.length === 0 && this.#endsWithin(check, beyond.from)) check.expectEnd();
      if (!check.summary.closed)
        yield this.#toRebuild(queue, 'it has no footer, so some of its entries may be missing');
      else if (check.problem !== undefined) yield this.#toRebuild(queue, check.problem);
    }
    yield* this.#missing();
    for (const [index, bytes] of ranges.entries()) yield this.#lostIn(bytes, damaged[index] as ByteRange);
    if (!damaged.includes(beyond)) {
      const problem = 'it is cut off: records that queues point at are missing';
      const cut = this.#lostIn({ from: end.offset, to: end.offset }, beyond, problem);
      if (cut.severity === 'damage') yield cut;
    }
    for (const [number, check] of this.#checks) yield* this.#references(number, check);
  }

  close(): void {
    for (const check of this.#checks.values()) check.close();
  }

  #pathOf({ record }: ExaminedQueue): string {
    return `${record.directory}/${indexName(this.#header.firstPosition)}`;
  }

  #endsWithin(check: IndexCheck, end: number): boolean {
    for (const _ of check.entriesIn([{ from: end, to: this.#nextPosition }])) return false;
    return true;
  }

  /** Index files that are not there although entries of the segment are not settled. */
  *#missing(): Generator<Found, void> {
    for (const [number, entries] of this.#unindexed) {
      const queue = this.#examined.queues.get(number);
      const base = this.#header.queues.find((each) => each.number === number)?.enqueued;
      if (queue === undefined || base === undefined || queue.settled.gaps(base, base + entries).length === 0) continue;
      yield this.#toRebuild(queue, `it is missing, and entries in it are not settled`);
    }
  }

  #toRebuild(queue: ExaminedQueue, problem: string): Found {
    const { files, path: dataDirectory, quarantine } = this.#examined;
    const path = this.#pathOf(queue);
    const { number, directory, orderKey } = queue.record;
    const mend = () => {
      const journalDirectory = `${dataDirectory}/journal`;
      const { firstPosition } = this.#header;
      const rebuilt = rebuildIndex({ files, journalDirectory, firstPosition, queue: { number, orderKey } });
      if (rebuilt === undefined) return;
      quarantine.moveAside('index', path);
      writeIndex(files, directory, rebuilt);
    };
    const repair = 'it is set aside, and made anew from the journal';
    return damage({ path: below(this.#examined, path), problem, repair, mend });
  }

  /** What is lost with a range of positions. Where nobody waits for it, it is of no matter. */
  #lostIn(bytes: ByteRange, positions: ByteRange, problem = 'records are not what was written'): Found {
    const lost = [...this.#checks].flatMap(([number, check]) => {
      const queue = this.#examined.queues.get(number) as ExaminedQueue;
      const told = this.#told.get(number) ?? new IntervalSet();
      this.#told.set(number, told);
      const entries = [...check.entriesIn([positions])].filter(
        ({ ordinal }) => !queue.settled.has(ordinal) && !told.has(ordinal),
      );
      for (const { ordinal } of entries) told.add(ordinal, ordinal + 1);
      return entries.length === 0 ? [] : [{ queue, entries, isSound: isSound(check) }];
    });
    const found: NewFinding = { path: below(this.#examined, this.#segment), bytes, problem };
    if (lost.length === 0) return note({ ...found, problem: `${problem}; nobody waits for them any more` });
    return damage({
      ...found,
      lost: lost.map(({ queue, entries }) => ({ consumer: queue.record.name, entries: entries.length })),
      repair: 'a copy of the bytes is kept, and the entries count as damaged',
      mend: () => {
        this.#keepCopy(bytes);
        for (const { queue, entries, isSound } of lost) {
          // Of a damaged index file it is not known which ordinals these are: the next round sees it made anew.
          if (isSound) settleAsDamaged(this.#examined, queue, entries);
        }
      },
    });
  }

  #keepCopy({ from, to }: ByteRange): void {
    const file = this.#examined.files.open(this.#segment);
    try {
      this.#examined.quarantine.keepCopy('journal', this.#segment, file, from, to);
    } finally {
      file.close();
    }
  }

  /** Entries that point into older segments, and lead nowhere. */
  *#references(number: number, check: IndexCheck): Generator<Found, void> {
    const { firstPosition } = this.#header;
    if (check.problem !== undefined || check.summary.reach >= firstPosition) return;
    const queue = this.#examined.queues.get(number) as ExaminedQueue;
    const { files, path } = this.#examined;
    const segments = new SegmentFiles(files, `${path}/journal`);
    const lost: IndexedEntry[] = [];
    for (const entry of check.entriesIn([{ from: 0, to: firstPosition }])) {
      if (entry.length > 0 && !queue.settled.has(entry.ordinal) && !isThere(segments, entry)) lost.push(entry);
    }
    segments.close();
    if (lost.length === 0) return;
    yield damage({
      path: below(this.#examined, check.path),
      problem: 'entries point into older segments, where their records are missing or damaged',
      lost: [{ consumer: queue.record.name, entries: lost.length }],
      repair: 'the entries count as damaged',
      mend: () => settleAsDamaged(this.#examined, queue, lost),
    });
  }
}

const isSound = ({ summary, problem }: IndexCheck): boolean => summary.closed && problem === undefined;

/** Whether an entry's record is there, and whole. */
function isThere(segments: SegmentFiles, { position, length }: IndexedEntry): boolean {
  const segment = segments.find(position);
  if (segment === undefined) return false;
  const bytes = Buffer.allocUnsafe(length);
  const got = segment.file.read(bytes, segment.headerBytes + position - segment.firstPosition);
  return got === length && recordProblem(bytes, viewOf(bytes), 0, got, position) === undefined;
}
