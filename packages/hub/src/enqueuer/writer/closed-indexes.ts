// The index files of closed segments, looked at when the journal is opened: one that is damaged or gone is made anew from
// its segment; and where a segment is gone, its index file tells which entries are lost. Header and footer of each are
// read, and of as many as take no time to speak of all entries: the rest are looked at by whoever reads them first
// (queue/open-index.ts), so that a long backlog does not lengthen the start.
import { PenstockError } from '../../errors.js';
import type { LostEntries } from '../../files/damage.js';
import { positionOfName } from '../../journal/segment.js';
import { hasTrueEntries, type IndexHeader, summarizeOpened } from '../../queue/index-file.js';
import { baseIn, rebuildIndex, writeIndex } from '../../queue/rebuilt-index.js';
import { isLost } from '../../queue/segment-entries.js';
import { readIndexSlots } from './index-slots.js';
import { type FoundSegment, indexPath, type Recovery, segmentPath } from './recovery-site.js';
import type { EnqueuedQueue } from './writer-queue.js';

/** So many bytes of entries are looked at in all; that takes some 50 ms. */
const CHECKED_BYTES = 64 * 1024 * 1024;

type Base = Pick<IndexHeader, 'baseOrdinal' | 'baseBytes'>;

/** How far a queue has come in the walk over its segments. */
interface Walk {
  readonly queue: EnqueuedQueue;
  base: Base;
  /** Entries that no index file has, and that are not settled. */
  unindexed: number;
}

export class ClosedIndexes {
  readonly #recovery: Recovery;
  readonly #segments: readonly FoundSegment[];
  readonly #ends = new Map<number, Base>();
  readonly #orphanEnds = new Map<number, number>();
  /** By first position of a segment that is gone, what is lost with it. */
  readonly #gone = new Map<number, LostEntries[]>();
  #endPosition = 0;
  #unchecked = CHECKED_BYTES;

  /** @param segments All that can be read; the last one is not looked at. */
  constructor(recovery: Recovery, segments: readonly FoundSegment[]) {
    this.#recovery = recovery;
    this.#segments = segments;
  }

  /** Looks at all of them, and mends what can be. */
  check(): void {
    const { directory, damage, queues } = this.#recovery;
    const unindexed: LostEntries[] = [];
    for (const queue of queues.values()) {
      const entries = this.#checkQueue(queue);
      if (entries > 0) unindexed.push({ consumer: queue.name, entries });
    }
    for (const [first, lost] of this.#gone) {
      const path = segmentPath(this.#recovery, first);
      damage.push({ kind: 'journal', path, problem: 'it is missing', aside: undefined, lost });
    }
    if (unindexed.length === 0) return;
    const problem = 'segments are missing, and with them the index files that told of them';
    damage.push({ kind: 'journal', path: directory, problem, aside: undefined, lost: unindexed });
  }

  /** How far a queue had come when the last segment began, as far as that segment says, or those before it. */
  endOf(queue: EnqueuedQueue): { enqueued: number; enqueuedBytes: number } {
    const { baseOrdinal, baseBytes } = this.#ends.get(queue.number) ?? NONE;
    return { enqueued: baseOrdinal, enqueuedBytes: baseBytes };
  }

  /** The ordinal behind those that index files know of segments which began after the last one there is. */
  orphanEndOf(queue: EnqueuedQueue): number {
    return this.#orphanEnds.get(queue.number) ?? 0;
  }

  /** The position behind what those index files point to. */
  get endPosition(): number {
    return this.#endPosition;
  }

  #checkQueue(queue: EnqueuedQueue): number {
    const walk: Walk = { queue, base: NONE, unindexed: 0 };
    const last = this.#segments.at(-1);
    const indexes = new Set(
      this.#recovery.files
        .list(queue.directory)
        .map((name) => positionOfName(name, '.idx'))
        .filter((first) => first !== undefined),
    );
    const firsts = [...new Set([...this.#segments.map(({ firstPosition }) => firstPosition), ...indexes])];
    for (const first of firsts.sort((a, b) => a - b)) {
      const at = this.#segments.findIndex(({ firstPosition }) => firstPosition === first);
      const segment = this.#segments[at];
      if (segment === undefined) {
        this.#lookAtOrphan(walk, first, first > (last?.firstPosition ?? -1));
        continue;
      }
      this.#goTo(walk, segment);
      if (segment === last) this.#ends.set(queue.number, walk.base);
      else this.#checkIndex(walk, segment, indexes.has(first), this.#segments[at + 1]);
    }
    if (last === undefined) this.#ends.set(queue.number, walk.base);
    return walk.unindexed;
  }

  /** Takes over what a segment's header says of how far the queue had come. */
  #goTo(walk: Walk, { header }: FoundSegment): void {
    const { queue } = walk;
    const base = header.isTrue ? (baseIn(header, queue.number) ?? NONE) : undefined;
    if (base === undefined) return;
    const { knowledge } = this.#recovery;
    // What lies before the oldest segment went because it was settled, whatever damaged logs do not say of it.
    const isOldest = walk.base === NONE;
    if (!isOldest || knowledge.isWhole(queue)) {
      walk.unindexed += knowledge.unsettledIn(queue, walk.base.baseOrdinal, base.baseOrdinal);
    }
    walk.base = base;
  }

  #checkIndex(
    walk: Walk,
    { firstPosition: first, header }: FoundSegment,
    isThere: boolean,
    next: FoundSegment | undefined,
  ): void {
    const { queue, base } = walk;
    const { files, directory, quarantine, damage, knowledge } = this.#recovery;
    const nextBase = next?.header.isTrue ? (baseIn(next.header, queue.number) ?? NONE) : undefined;
    const total = nextBase && nextBase.baseOrdinal - base.baseOrdinal;
    // Of a segment whose header is damaged, the index file alone says where the queue stood: segments before it can be gone.
    const found = isThere ? this.#read(queue, first, header.isTrue ? base : NONE) : 'it is missing';
    if (typeof found !== 'string') {
      walk.base = found;
      return;
    }
    const isSettled = (count: number) => knowledge.unsettledIn(queue, base.baseOrdinal, base.baseOrdinal + count) === 0;
    if (!isThere && total !== undefined && isSettled(total)) {
      if (nextBase !== undefined) walk.base = nextBase;
      return;
    }
    const owner = { number: queue.number, orderKey: queue.orderKey };
    const rebuilt = rebuildIndex({
      files,
      journalDirectory: directory,
      firstPosition: first,
      queue: owner,
      base,
      total,
    });
    if (rebuilt === undefined) return;
    const bytes = rebuilt.entries.reduce((sum, { length }) => sum + length, 0);
    walk.base = { baseOrdinal: base.baseOrdinal + rebuilt.entries.length, baseBytes: base.baseBytes + bytes };
    if (!isThere && isSettled(rebuilt.entries.length)) return;
    const path = indexPath(queue, first);
    const aside = isThere ? quarantine.moveAside('index', path) : undefined;
    writeIndex(files, queue.directory, rebuilt);
    const lost = rebuilt.entries.reduce(
      (sum, entry, index) =>
        sum +
        (isLost(entry) ? knowledge.unsettledIn(queue, base.baseOrdinal + index, base.baseOrdinal + index + 1) : 0),
      0,
    );
    damage.push({
      kind: 'index',
      path,
      problem: `${found}; it was made anew from its segment`,
      aside,
      lost: lost === 0 ? [] : [{ consumer: queue.name, entries: lost }],
    });
  }

  /** Where the queue stands behind an index file, or what is wrong with that. */
  #read(queue: EnqueuedQueue, first: number, base: Base): Base | string {
    const path = indexPath(queue, first);
    const file = this.#recovery.files.open(path);
    try {
      const summary = summarizeOpened(file, path);
      const { header, entries, bytes } = summary;
      if (header.firstPosition !== first || header.queueNumber !== queue.number) return 'it is another’s';
      if (!summary.closed) return 'its end is damaged';
      if (header.baseOrdinal !== base.baseOrdinal && base !== NONE)
        return 'it begins with another entry than its segment';
      this.#unchecked -= file.size();
      if (this.#unchecked > 0 && !hasTrueEntries(file, summary)) return 'its entries are damaged';
      return { baseOrdinal: header.baseOrdinal + entries, baseBytes: header.baseBytes + bytes };
    } catch (error) {
      if (error instanceof PenstockError && error.code === 'DATA_DAMAGED') return 'its header is damaged';
      throw error;
    } finally {
      file.close();
    }
  }

  /** An index file whose segment is gone: kept while entries of it are unsettled, for these are to be counted as lost. */
  #lookAtOrphan(walk: Walk, first: number, isNewest: boolean): void {
    const { queue } = walk;
    const { files, quarantine, damage, knowledge } = this.#recovery;
    const path = indexPath(queue, first);
    const index = readIndexSlots(files, path, first);
    if (index === undefined) {
      const problem = 'its header is damaged, and its segment is missing';
      damage.push({ kind: 'index', path, problem, aside: quarantine.moveAside('index', path), lost: [] });
      return;
    }
    const from = index.header.baseOrdinal;
    const to = from + index.entries.length;
    const entries = knowledge.unsettledIn(queue, from, to);
    if (entries === 0) files.remove(path);
    else this.#gone.set(first, [...(this.#gone.get(first) ?? []), { consumer: queue.name, entries }]);
    const bytes = index.entries.reduce((sum, { length }) => sum + length, 0);
    if (to > walk.base.baseOrdinal) walk.base = { baseOrdinal: to, baseBytes: index.header.baseBytes + bytes };
    if (!isNewest) return;
    this.#orphanEnds.set(queue.number, Math.max(this.orphanEndOf(queue), to));
    this.#endPosition = Math.max(this.#endPosition, index.endPosition);
  }
}

const NONE: Base = { baseOrdinal: 0, baseBytes: 0 };
