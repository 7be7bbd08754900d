// What a queue has on disk, and what it keeps there: its own files, and the segments of the journal that its unsettled
// entries need. Read from the files by whoever asks, so that a running hub has no work with it; files can go meanwhile.

import { deadDirectory } from '../../dead-letters/file-names.js';
import { type Files, isMissing } from '../../files/files.js';
import { viewOf } from '../../journal/record.js';
import { positionOfName, segmentName } from '../../journal/segment.js';
import { ENTRY_BYTES, INDEX_HEADER_BYTES, indexName, summarizeIndex } from '../../queue/index-file.js';
import { type Interval, IntervalSet } from '../../queue/interval-set.js';
import { addNeededSegments, type IndexSpan, type SegmentSpan } from '../../queue/needed-segments.js';

const CHUNK_BYTES = 4_096 * ENTRY_BYTES;

export interface NamedFile {
  readonly name: string;
  readonly bytes: number;
}

/** A segment of the journal that stays because of a queue. */
export interface KeptSegment extends NamedFile {
  /** Unsettled entries that the queue has in it; 0 when it is needed by entries of a later segment that point back. */
  readonly unsettled: number;
}

/** The files of a queue. */
export interface QueueFiles {
  /** All of its own: index files, settle logs, dead letters, and what says what it is. */
  readonly diskBytes: number;
  /** Those of the dead letters, and of what was removed of them. */
  readonly deadLetterBytes: number;
  readonly indexFiles: number;
  readonly logs: readonly NamedFile[];
}

/** @param directory The queue's folder. */
export function listQueueFiles(files: Files, directory: string): QueueFiles {
  const own = sizes(files, directory);
  const logs = sizes(files, `${directory}/settled`);
  const dead = sizes(files, deadDirectory(directory));
  return {
    diskBytes: sum([...own, ...logs, ...dead]),
    deadLetterBytes: sum(dead),
    indexFiles: own.filter(({ name }) => positionOfName(name, '.idx') !== undefined).length,
    logs,
  };
}

/**
 * The segments that a queue needs, oldest first.
 *
 * @param directory The queue's folder.
 * @param unsettled The ordinals that are not settled, in order.
 */
export function keptSegments(
  files: Files,
  journalDirectory: string,
  directory: string,
  unsettled: readonly Interval[],
): KeptSegment[] {
  const firsts = positions(files, journalDirectory, '.seg');
  const segments: SegmentSpan[] = firsts.map((firstPosition, index) => ({
    firstPosition,
    endPosition: firsts[index + 1] ?? Number.POSITIVE_INFINITY,
  }));
  const indexes = positions(files, directory, '.idx')
    .map((first) => unlessGone(() => readSpan(files, directory, first)))
    .filter((span) => span !== undefined);
  const waiting = new IntervalSet();
  for (const { from, to } of unsettled) waiting.add(from, to);
  const count = (from: number, to: number) =>
    waiting.gaps(from, to).reduce((left, gap) => left - (gap.to - gap.from), to - from);
  const needed = new Set<number>();
  addNeededSegments(needed, indexes, (from, to) => count(from, to) > 0, segments);
  return [...needed]
    .sort((a, b) => a - b)
    .flatMap((first) => {
      const name = segmentName(first);
      const bytes = unlessGone(() => files.size(`${journalDirectory}/${name}`));
      const own = indexes.find(({ firstPosition }) => firstPosition === first);
      const inIt = own === undefined ? 0 : count(own.baseOrdinal, own.baseOrdinal + own.entries);
      return bytes === undefined ? [] : [{ name, bytes, unsettled: inIt }];
    });
}

/** What an index file holds; of one that is being written, what is in it so far. */
function readSpan(files: Files, directory: string, firstPosition: number): IndexSpan {
  const path = `${directory}/${indexName(firstPosition)}`;
  const { header, entries, reach, closed } = summarizeIndex(files, path);
  const { baseOrdinal } = header;
  return { firstPosition, baseOrdinal, ...(closed ? { entries, reach } : readOpenIndex(files, path, firstPosition)) };
}

function readOpenIndex(files: Files, path: string, firstPosition: number): { entries: number; reach: number } {
  const file = files.open(path);
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const view = viewOf(chunk);
    let entries = 0;
    let reach = firstPosition;
    for (;;) {
      const got = file.read(chunk, INDEX_HEADER_BYTES + entries * ENTRY_BYTES);
      const whole = Math.floor(got / ENTRY_BYTES);
      for (let index = 0; index < whole; index++) {
        const position = view.getFloat64(index * ENTRY_BYTES, true);
        // Its footer, which was written just now.
        if (position < 0) return { entries: entries + index, reach };
        reach = Math.min(reach, position);
      }
      entries += whole;
      if (got < CHUNK_BYTES) return { entries, reach };
    }
  } finally {
    file.close();
  }
}

function positions(files: Files, directory: string, extension: '.seg' | '.idx'): number[] {
  return files
    .list(directory)
    .map((name) => positionOfName(name, extension))
    .filter((position) => position !== undefined);
}

const sum = (files: readonly NamedFile[]): number => files.reduce((bytes, file) => bytes + file.bytes, 0);

/** The files right in a directory, with their sizes. */
function sizes(files: Files, directory: string): NamedFile[] {
  return files.list(directory).flatMap((name) => {
    if (!name.includes('.')) return []; // a folder
    const bytes = unlessGone(() => files.size(`${directory}/${name}`));
    return bytes === undefined ? [] : [{ name, bytes }];
  });
}

function unlessGone<Found>(look: () => Found): Found | undefined {
  try {
    return look();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
