// A queue's entries in one segment, as the segment's own records tell: in runs, between which something is damaged, so
// that it is not known how many entries are missing there. From them an index file is made anew.
import type { OrderKey } from '../consumer.js';
import type { File } from '../files/files.js';
import { type Entry, readRef, readRoute } from '../journal/encode.js';
import { NO_KEY, orderKeyHash } from '../journal/order-key.js';
import { AT, RecordKind } from '../journal/record.js';
import { scanPastDamage } from '../journal/resync.js';
import type { ScanEnd, ScannedRecord } from '../journal/scan.js';
import type { SegmentHeader } from '../journal/segment.js';

/** The queue whose entries are looked for. */
export interface EntriesOwner {
  readonly number: number;
  /** What makes its messages belong together; undefined where they do not, or their hashes are of no use. */
  readonly orderKey: OrderKey | undefined;
}

/** A part of a segment that may hold entries of the queue, and of which it is not known how many. */
export interface EntryGap {
  readonly position: number;
  readonly bytes: number;
  /** Whether it is one whole message, of which only the queues are not known: where these were written down is damaged. */
  readonly isWhole: boolean;
}

export interface SegmentEntries {
  /** Entries that follow each other; between two runs some may be missing. There is one at least. */
  readonly runs: readonly (readonly Entry[])[];
  /** What lies between the runs, by the run that it follows. */
  readonly gaps: readonly EntryGap[];
  /** Where the last whole record ends. */
  readonly end: ScanEnd;
}

/** An entry that stands for one that is lost: nothing can be read there. */
export const lostEntry = (position: number): Entry => ({ position, length: 0, keyHash: NO_KEY });

/** Whether an entry stands for one that is lost. */
export const isLost = ({ length }: Pick<Entry, 'length'>): boolean => length === 0;

/**
 * Reads a queue's entries out of a segment.
 *
 */
export function readSegmentEntries(
  file: File,
  header: SegmentHeader,
  { number, orderKey }: EntriesOwner,
): SegmentEntries {
  const runs: Entry[][] = [[]];
  const gaps: EntryGap[] = [];
  /** By route, whether it leads to the queue; its ROUTE record may be lost. */
  const routes: (boolean | undefined)[] = [];
  const breakRun = (position: number, bytes: number, isWhole = false) => {
    gaps.push({ position, bytes, isWhole });
    runs.push([]);
  };
  const add = (entry: Entry) => (runs.at(-1) as Entry[]).push(entry);
  const visit = (record: ScannedRecord): boolean => {
    const { bytes, view, at, position, length } = record;
    const which = view.getUint32(at + AT.route, true);
    switch (view.getUint8(at + AT.kind)) {
      case RecordKind.DATA:
        if (routes[which] === undefined) breakRun(position, length, true);
        else if (routes[which]) {
          const keyHash = orderKey === undefined ? NO_KEY : orderKeyHash(bytes, view, at, orderKey);
          add({ position, length, keyHash });
        }
        break;
      case RecordKind.ROUTE:
        routes[which] = readRoute(view, at).includes(number);
        break;
      case RecordKind.REF:
        if (which !== number) break;
        readRef(view, at, (refPosition, refLength, keyHash) =>
          add({ position: refPosition, length: refLength, keyHash }),
        );
        break;
    }
    return true;
  };
  const end = scanPastDamage(file, header, visit, (range) => {
    breakRun(header.firstPosition + range.from - header.headerBytes, range.to - range.from);
    return true;
  });
  return { runs, gaps, end };
}

/**
 * Puts runs in their places among the ordinals. Where it cannot be told at which ordinals the entries of a run are, these
 * count as lost: to give one the ordinal of another could make it pass for settled.
 *
 * @param total How many entries the queue has in the segment, as what was written after it says; undefined when nothing
 *   does.
 * @param endPosition Where the segment ended when it was written, as far as that is known.
 */
export function placeRuns({ runs, gaps, end }: SegmentEntries, total: number | undefined, endPosition = 0): Entry[] {
  const found = runs.reduce((sum, { length }) => sum + length, 0);
  const missing = total === undefined ? mostMissing(gaps) : total - found;
  if (missing <= 0) return runs.flat();
  const first = runs[0] ?? [];
  const isCut = gaps.length === 0 || end.position < endPosition;
  // Where nothing says how many there were, it is not known either which of them those at the end are.
  const last = isCut || total === undefined ? [] : (runs.at(-1) ?? []);
  const lost = found + missing - first.length - last.length;
  const position = gaps[0]?.position ?? end.position;
  return [...first, ...Array.from({ length: lost }, () => lostEntry(position)), ...last];
}

/** More entries than one for so many bytes cannot have been in damaged ranges: those of a REF record are the shortest. */
const LEAST_ENTRY_BYTES = 16;

/** How many entries a gap can have had at most. */
export const mostIn = ({ bytes, isWhole }: EntryGap): number => (isWhole ? 1 : Math.ceil(bytes / LEAST_ENTRY_BYTES));

const mostMissing = (gaps: readonly EntryGap[]): number => gaps.reduce((sum, gap) => sum + mostIn(gap), 0);
