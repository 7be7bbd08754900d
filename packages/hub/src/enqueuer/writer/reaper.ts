// Removes segments that nobody needs: no entry of theirs is unsettled in any queue, and no unsettled entry
// elsewhere points into them. One unsettled entry keeps its segment, and only that one. What stays for a while all the
// same (retained-segments.ts) loses its index files at once: whoever searches it reads the segment.
import { type Files, isMissing, syncFile } from '../../files/files.js';
import { positionOfName, segmentName } from '../../journal/segment.js';
import { readUnsettled } from '../../queue/held.js';
import { indexName } from '../../queue/index-file.js';
import { type Interval, IntervalSet } from '../../queue/interval-set.js';
import { addNeededSegments } from '../../queue/needed-segments.js';
import type { ClosedSegment } from './journal-writer.js';
import type { RetainedSegments } from './retained-segments.js';
import type { SpareSegments } from './spare-segments.js';
import type { EnqueuedQueue } from './writer-queue.js';

const NONE = new IntervalSet();

/** So many segments lose their index files in one turn: each queue may have one. */
const RELEASED_PER_TURN = 64;

export interface RemovedSegment {
  readonly segment: string;
  readonly bytes: number;
}

export class Reaper {
  readonly #files: Files;
  readonly #directory: string;
  readonly #queues: EnqueuedQueue[];
  readonly #spares: SpareSegments;
  readonly #retained: RetainedSegments;
  #segments: ClosedSegment[];
  /** By queue, what was settled before the hub started and lies after the cursor. */
  readonly #settledBefore = new Map<number, IntervalSet>();

  /**
   * @param retained Says which segments stay although nobody needs them.
   * @param openFrom First position of the segment being written; those before it are closed.
   */
  constructor(
    files: Files,
    journalDirectory: string,
    queues: readonly EnqueuedQueue[],
    spares: SpareSegments,
    retained: RetainedSegments,
    openFrom: number,
  ) {
    this.#files = files;
    this.#directory = journalDirectory;
    this.#spares = spares;
    this.#retained = retained;
    this.#queues = [...queues];
    const firsts = files
      .list(journalDirectory)
      .map((name) => positionOfName(name, '.seg'))
      .filter((position) => position !== undefined && position < openFrom) as number[];
    this.#segments = firsts.map((firstPosition, index) => ({
      firstPosition,
      endPosition: firsts[index + 1] ?? openFrom,
      bytes: files.size(`${journalDirectory}/${segmentName(firstPosition)}`),
    }));
  }

  /** Closed segments that are still there. */
  get segments(): readonly ClosedSegment[] {
    return this.#segments;
  }

  /** Takes note of a segment that has ended. */
  add(segment: ClosedSegment): void {
    this.#segments.push(segment);
  }

  /** Takes note of what of a queue was settled before the hub started: no cursor or held list tells of it. */
  noteSettled(queue: number, intervals: readonly Interval[]): void {
    const settled = new IntervalSet();
    for (const { from, to } of intervals) settled.add(from, to);
    this.#settledBefore.set(queue, settled);
  }

  /** Takes note that a queue is gone for good: it needs no segment any more. */
  forget(queue: EnqueuedQueue): void {
    this.#queues.splice(this.#queues.indexOf(queue), 1);
    this.#settledBefore.delete(queue.number);
  }

  /**
   * Removes what can go, oldest first. Cut off anywhere, nothing that is needed is gone.
   *
   * @param most How many segments, since removing one takes a while.
   */
  reap(most = Number.POSITIVE_INFINITY): RemovedSegment[] {
    if (this.#segments.length === 0) return [];
    const needed = this.#needed();
    const settled = this.#segments.filter((segment) => !needed.has(segment.firstPosition));
    const going = this.#retained.going(settled, most);
    const indexed = settled.filter(({ firstPosition }) => this.#hasIndex(firstPosition)).slice(0, RELEASED_PER_TURN);
    if (going.length === 0 && indexed.length === 0) return [];
    this.#removeIndexes([...new Set([...going, ...indexed])]);
    if (going.length === 0) return [];
    for (const segment of going) this.#spares.retire(segmentName(segment.firstPosition));
    this.#files.syncDirectory(this.#directory);
    this.#segments = this.#segments.filter((segment) => !going.includes(segment));
    return going.map(({ firstPosition, bytes }) => ({ segment: segmentName(firstPosition), bytes }));
  }

  #hasIndex(firstPosition: number): boolean {
    return this.#queues.some(({ closedIndexes }) => closedIndexes.has(firstPosition));
  }

  /** First positions of the segments that an unsettled entry needs. */
  #needed(): Set<number> {
    const needed = new Set<number>();
    for (const queue of this.#queues) {
      const { cursor, held } = readUnsettled(queue.shared);
      const settled = this.#settledBefore.get(queue.number) ?? NONE;
      settled.dropBelow(cursor);
      const hasUnsettled = (from: number, to: number) =>
        settled.gaps(Math.max(from, cursor), to).length > 0 ||
        held.some((interval) => interval.from < to && interval.to > from);
      const spans = [...queue.closedIndexes].map(([firstPosition, { header, entries, reach }]) => ({
        firstPosition,
        baseOrdinal: header.baseOrdinal,
        entries,
        reach,
      }));
      const open = queue.openIndex;
      const all = open === undefined ? spans : [...spans, { ...open, firstPosition: undefined }];
      addNeededSegments(needed, all, hasUnsettled, this.#segments);
    }
    return needed;
  }

  /**
   * Index files go before their segments, durably: an index file without its segment would mean a lost segment.
   * Before that, what says that every entry that reaches into the segments is settled is made durable.
   */
  #removeIndexes(going: readonly ClosedSegment[]): void {
    const end = Math.max(...going.map(({ endPosition }) => endPosition));
    for (const queue of this.#queues) {
      const reaches = [...queue.closedIndexes.values(), queue.openIndex].some((index) => index && index.reach < end);
      if (reaches) syncLogs(this.#files, `${queue.directory}/settled`);
    }
    for (const queue of this.#queues) {
      const indexes = going.filter(({ firstPosition }) => queue.closedIndexes.has(firstPosition));
      if (indexes.length === 0) continue;
      for (const { firstPosition } of indexes) {
        this.#files.remove(`${queue.directory}/${indexName(firstPosition)}`);
        queue.closedIndexes.delete(firstPosition);
      }
      this.#files.syncDirectory(queue.directory);
    }
  }
}

/** Puts every settle log in a directory on stable storage, whoever writes it. */
function syncLogs(files: Files, directory: string): void {
  for (const name of files.list(directory)) {
    if (!name.endsWith('.log')) continue;
    try {
      syncFile(files, `${directory}/${name}`);
    } catch (error) {
      // Of a thread that ended: it said nothing, or the log of the next one says it, on stable storage.
      if (!isMissing(error)) throw error;
    }
  }
  files.syncDirectory(directory);
}
