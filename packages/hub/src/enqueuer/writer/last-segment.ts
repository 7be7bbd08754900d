// The segment that was being written when the last hub ended: brought to where it can be gone on from. A torn tail is cut,
// since it was never committed. Where a record is damaged that index files say was committed, what follows it is kept.
import { PenstockError } from '../../errors.js';
import type { File } from '../../files/files.js';
import type { JournalEnds } from '../../files/hub-file.js';
import { readRef, readRoute } from '../../journal/encode.js';
import { AT, RecordKind, viewOf } from '../../journal/record.js';
import { findNextRecord } from '../../journal/resync.js';
import { type ScanEnd, scanSegment } from '../../journal/scan.js';
import { encodeSegmentHeader } from '../../journal/segment.js';
import type { FoundHeader } from '../../journal/segment-files.js';
import { ENTRY_BYTES, INDEX_HEADER_BYTES, summarizeOpened } from '../../queue/index-file.js';
import type { CutReport } from '../protocol.js';
import { mendSegment, type OldIndexes } from './damaged-segment.js';
import { readIndexSlots } from './index-slots.js';
import { keepFirst } from './kept-part.js';
import { rebuildIndexes } from './rebuild-indexes.js';
import { type FoundSegment, indexPath, type Recovery, segmentPath } from './recovery-site.js';
import type { EnqueuedQueue } from './writer-queue.js';

export interface LastSegment {
  readonly nextPosition: number;
  readonly cut: CutReport | undefined;
}

/** @param clean Whether the last hub stopped as it should. */
export function openLastSegment(
  recovery: Recovery,
  { firstPosition, header }: FoundSegment,
  clean: boolean,
): LastSegment {
  const path = segmentPath(recovery, firstPosition);
  const file = recovery.files.open(path);
  try {
    // A hub of format 1 did not say how far its queues had come, and then nothing tells of an index file that is gone.
    const ends = clean ? recovery.ends : undefined;
    if (ends !== undefined && header.isTrue && addClosedIndexes(recovery, ends, header, file.size())) {
      return { nextPosition: firstPosition + file.size() - header.headerBytes, cut: undefined };
    }
    return repair(recovery, file, path, header);
  } finally {
    file.close();
  }
}

/** Counts what the last segment's index files hold; false when one is not whole, or knows of more than the segment has. */
function addClosedIndexes(
  { files, queues }: Recovery,
  last: JournalEnds,
  header: FoundHeader,
  segmentBytes: number,
): boolean {
  const { firstPosition } = header;
  const endPosition = firstPosition + segmentBytes - header.headerBytes;
  if (last.position !== endPosition) return false;
  const ends = new Map<EnqueuedQueue, { enqueued: number; enqueuedBytes: number }>();
  for (const queue of queues.values()) {
    const path = indexPath(queue, firstPosition);
    if (!files.list(queue.directory).includes(path.slice(queue.directory.length + 1))) continue;
    const file = files.open(path);
    try {
      const summary = summarizeOpened(file, path);
      const { baseOrdinal, baseBytes } = summary.header;
      if (!summary.closed || baseOrdinal !== queue.base.enqueued) return false;
      if ((lastPosition(file, summary.entries) ?? 0) >= endPosition) return false;
      ends.set(queue, { enqueued: baseOrdinal + summary.entries, enqueuedBytes: baseBytes + summary.bytes });
    } catch (error) {
      if (error instanceof PenstockError && error.code === 'DATA_DAMAGED') return false;
      throw error;
    } finally {
      file.close();
    }
  }
  for (const queue of queues.values()) {
    const { enqueued } = ends.get(queue) ?? queue.base;
    if (enqueued !== (last.queues[queue.number] ?? enqueued)) return false;
  }
  for (const [queue, end] of ends) queue.begin(end);
  return true;
}

function repair(recovery: Recovery, file: File, path: string, header: FoundHeader): LastSegment {
  const { files, directory, queues } = recovery;
  const { firstPosition, headerBytes } = header;
  const old: OldIndexes = new Map(
    [...queues.values()].map((queue) => [queue, readIndexSlots(files, indexPath(queue, firstPosition), firstPosition)]),
  );
  if (!header.isTrue) beginAsIndexes(old);
  const bases = [...queues.values()].map((queue) => queue.base);
  const counted = countEntries(file, header);
  const committed = Math.max(0, ...[...old.values()].map((index) => index?.endPosition ?? 0));
  const isMore = [...old].some(
    ([{ number }, index]) => (index?.entries.length ?? 0) > (counted.entries.get(number) ?? 0),
  );
  let { end } = counted;
  if (isMore || committed > end.position) end = mendSegment(recovery, { file, path, header, old, committed });
  else {
    keepUncommitted(recovery, file, path, header, end);
    rebuildIndexes(file, header, recovery);
  }
  // What follows in a reused segment is an older one's, but for the record that was being written.
  const cutBytes = header.reused ? end.begunBytes : file.size() - end.offset;
  const name = path.slice(directory.length + 1);
  // Of a damaged header all is known again.
  const head = header.isTrue ? undefined : encodeSegmentHeader(firstPosition, bases, false);
  const from = head === undefined ? 0 : headerBytes;
  const keepOld = isCopied(recovery, file, path, header, end) ? undefined : () => keepWhole(recovery, path);
  keepFirst(files, directory, name, { file, head, from, to: end.offset, keepOld });
  return {
    nextPosition: Math.max(end.position, committed),
    cut: cutBytes === 0 ? undefined : { segment: name, keptBytes: end.offset, cutBytes },
  };
}

/** Where a segment's header is damaged, its index files say where their queues stood: segments before it can be gone. */
function beginAsIndexes(old: OldIndexes): void {
  for (const [queue, index] of old) {
    if (index === undefined) continue;
    queue.begin({ enqueued: index.header.baseOrdinal, enqueuedBytes: index.header.baseBytes });
  }
}

/** Whatever whole records follow a torn one were not committed, as far as anything tells: a loss of power leaves such. */
function keepUncommitted(
  { quarantine, damage }: Recovery,
  file: File,
  path: string,
  header: FoundHeader,
  end: ScanEnd,
): void {
  // In a reused segment much may follow, and to look through it would take longer than all else of a start.
  if (end.problem === undefined || header.reused) return;
  if (findNextRecord(file, header, end.offset + 1) === undefined) return;
  const aside = quarantine.keepCopy('journal', path, file, end.offset, file.size());
  const problem = `whole records follow damage at byte ${end.offset}; they are cut, since nothing tells that they were committed`;
  damage.push({ kind: 'journal', path, problem, aside, lost: [] });
}

/** Whether all damage that goes with the old file has a copy. A torn tail is none: it was never committed. */
function isCopied(
  { quarantine, damage }: Recovery,
  file: File,
  path: string,
  { isTrue, headerBytes, reused }: FoundHeader,
  end: ScanEnd,
): boolean {
  if (!damage.some((found) => found.path === path)) return true;
  const header = { from: 0, to: isTrue ? 0 : headerBytes };
  const tail = { from: end.offset, to: reused ? end.offset : file.size() };
  return [header, tail].every(
    ({ from, to }) => from >= to || quarantine.keepCopy('journal', path, file, from, to) !== undefined,
  );
}

/** Keeps the old file, since there are too many copies or no room for one, and says so where its damage is told of. */
function keepWhole({ quarantine, damage }: Recovery, path: string): void {
  const aside = quarantine.keepWhole('journal', path);
  for (const [index, found] of damage.entries()) {
    if (found.path === path && found.aside === undefined) damage[index] = { ...found, aside };
  }
}

/** How many entries the records give to each queue, by its number, up to the first that is not whole. */
function countEntries(file: File, header: FoundHeader): { end: ScanEnd; entries: ReadonlyMap<number, number> } {
  const entries = new Map<number, number>();
  const routes: (readonly number[])[] = [];
  const add = (queue: number, count: number) => entries.set(queue, (entries.get(queue) ?? 0) + count);
  const end = scanSegment(file, header, ({ view, at }) => {
    const number = view.getUint32(at + AT.route, true);
    switch (view.getUint8(at + AT.kind)) {
      case RecordKind.DATA:
        for (const queue of routes[number] ?? []) add(queue, 1);
        break;
      case RecordKind.ROUTE:
        routes[number] = readRoute(view, at);
        break;
      case RecordKind.REF:
        readRef(view, at, () => add(number, 1));
        break;
    }
    return true;
  });
  return { end, entries };
}

/** The position of an index file's last entry. */
function lastPosition(index: File, entries: number): number | undefined {
  if (entries === 0) return undefined;
  const bytes = new Uint8Array(8);
  index.read(bytes, INDEX_HEADER_BYTES + (entries - 1) * ENTRY_BYTES);
  return viewOf(bytes).getFloat64(0, true);
}
