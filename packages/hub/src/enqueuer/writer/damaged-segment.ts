// The last segment where it is damaged in what was committed: what can be read of it is kept, in its place, and what cannot
// is an entry still, that is counted as lost by the consumer whose it was. The ordinals are those that the entries had:
// settle logs speak of them, and a message with the ordinal of another could pass for settled.
import type { Damage } from '../../files/damage.js';
import type { File } from '../../files/files.js';
import type { Entry } from '../../journal/encode.js';
import { type DamagedRange, scanPastDamage } from '../../journal/resync.js';
import type { ScanEnd } from '../../journal/scan.js';
import type { FoundHeader } from '../../journal/segment-files.js';
import { writeIndex } from '../../queue/rebuilt-index.js';
import { isLost, lostEntry, mostIn, readSegmentEntries, type SegmentEntries } from '../../queue/segment-entries.js';
import type { IndexSlots } from './index-slots.js';
import { indexPath, type Recovery } from './recovery-site.js';
import type { EnqueuedQueue } from './writer-queue.js';

/** What index files that were not closed say, by queue; undefined for a queue that has none. */
export type OldIndexes = ReadonlyMap<EnqueuedQueue, IndexSlots | undefined>;

export interface DamagedSegment {
  readonly file: File;
  readonly path: string;
  readonly header: FoundHeader;
  readonly old: OldIndexes;
  /** The position behind all that index files know to be committed. */
  readonly committed: number;
}

/** Writes the index files of a damaged segment, and says where its last whole record ends. */
export function mendSegment(recovery: Recovery, segment: DamagedSegment): ScanEnd {
  const { file, path, header, old } = segment;
  const { quarantine, queues, damage } = recovery;
  const ranges: DamagedRange[] = [];
  const end = scanPastDamage(
    file,
    header,
    () => true,
    (range) => ranges.push(range) > 0,
  );
  const all = end.offset < file.size() && !header.reused ? [...ranges, { from: end.offset, to: file.size() }] : ranges;
  const kept = all.map(({ from, to }) => quarantine.keepCopy('journal', path, file, from, to));
  const lost: Damage['lost'][number][] = [];
  for (const queue of queues.values()) {
    const entries = mendIndex(recovery, segment, queue, old.get(queue));
    if (entries > 0) lost.push({ consumer: queue.name, entries });
  }
  const places = ranges.map(({ from, to }) => `bytes ${from} to ${to} are damaged`);
  if (end.position < segment.committed) places.push(`what was committed behind byte ${end.offset} is missing`);
  const aside = kept.find((copy) => copy !== undefined);
  damage.push({ kind: 'journal', path, problem: places.join(', ') || 'part of it is missing', aside, lost });
  return end;
}

/** @returns How many unsettled entries of the queue are lost. */
function mendIndex(
  { files, knowledge }: Recovery,
  { file, header, committed }: DamagedSegment,
  queue: EnqueuedQueue,
  old: IndexSlots | undefined,
): number {
  const { firstPosition } = header;
  const read = readSegmentEntries(file, header, queue);
  const { enqueued: baseOrdinal, enqueuedBytes: baseBytes } = queue.base;
  const known = knowledge.knownTo(queue) - baseOrdinal;
  const entries = orderEntries(read, old?.entries, { committed, known });
  if (entries.length === 0) {
    files.remove(indexPath(queue, firstPosition));
    return 0;
  }
  const indexHeader = { queueNumber: queue.number, firstPosition, baseOrdinal, baseBytes };
  const { bytes } = writeIndex(files, queue.directory, { header: indexHeader, entries });
  queue.begin({ enqueued: baseOrdinal + entries.length, enqueuedBytes: baseBytes + bytes });
  const isGone = (entry: Entry) =>
    isLost(entry) ||
    entry.position >= read.end.position ||
    read.gaps.some(
      ({ position, bytes: length, isWhole }) =>
        !isWhole && entry.position >= position && entry.position < position + length,
    );
  return entries.reduce(
    (sum, entry, index) =>
      sum + (isGone(entry) ? knowledge.unsettledIn(queue, baseOrdinal + index, baseOrdinal + index + 1) : 0),
    0,
  );
}

/** What else is known of a queue. */
export interface OrderHints {
  /** The position behind all that any index file knows to be committed. */
  readonly committed: number;
  /** How many entries of the segment settle logs speak of at least. */
  readonly known: number;
}

/**
 * A queue's entries in a damaged segment, each at the ordinal that it had.
 *
 * @param read What the segment's records tell.
 * @param old What the index file said that was written with them; undefined when it is gone, or its header is damaged.
 * @returns Entries that are lost among them.
 */
export function orderEntries(
  read: SegmentEntries,
  old: readonly Entry[] | undefined,
  { committed, known }: OrderHints,
): readonly Entry[] {
  const whole = read.runs.flat();
  if (read.gaps.length === 0) {
    const more = (old ?? []).slice(whole.length);
    const isSame = (old ?? []).every((entry, index) => index >= whole.length || isSameEntry(entry, whole[index]));
    return [...whole, ...(isSame ? more : more.map(({ position }) => lostEntry(position)))];
  }
  // With nothing of it committed there is no index file.
  const mayBeNew = !whole.some(({ position }) => position < committed);
  const merged = old === undefined ? (mayBeNew ? whole : undefined) : merge(old, whole);
  if (merged !== undefined) return merged;
  // Which entries are behind the damage, nothing tells: they get ordinals that none had, and are delivered (again).
  const entries = [...(read.runs[0] ?? [])];
  for (const [index, gap] of read.gaps.entries()) {
    const most = Math.max(known - entries.length, mostIn(gap));
    for (let count = 0; count < most; count++) entries.push(lostEntry(gap.position));
    entries.push(...(read.runs[index + 1] ?? []));
  }
  return entries;
}

/**
 * The old entries, and behind them those that were not in the index file yet; undefined when the two do not go together:
 * the index file is damaged as well.
 */
function merge(old: readonly Entry[], whole: readonly Entry[]): readonly Entry[] | undefined {
  let next = 0;
  // In the place of each that can be read, what was read: nothing vouches for the index file.
  const known = old.map((entry) => (isSameEntry(entry, whole[next]) ? (whole[next++] as Entry) : entry));
  const behind = whole.slice(next);
  const last = old.findLast(({ length }) => length > 0)?.position ?? -1;
  return behind.every(({ position }) => position > last) ? [...known, ...behind] : undefined;
}

const isSameEntry = (a: Entry, b: Entry | undefined): boolean =>
  b !== undefined && a.position === b.position && a.length === b.length;
