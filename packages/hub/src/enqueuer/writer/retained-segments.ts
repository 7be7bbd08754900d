// Segments that every queue has settled, and that stay for a while: because `retain` says so, or because somebody
// searches them (pins). The oldest goes first, so that what stays has no gap.
import type { Files } from '../../files/files.js';
import { lastRecordTime } from '../../journal/last-record.js';
import { SegmentFiles } from '../../journal/segment-files.js';
import type { Retention } from '../protocol.js';
import type { ClosedSegment } from './journal-writer.js';

/** While disk space is short, one that would stay goes in this time: then there may be enough. */
const GIVE_WAY_EVERY_MS = 100;

export class RetainedSegments {
  readonly #segments: SegmentFiles;
  readonly #retain: Retention;
  readonly #nowMs: () => number;
  /** Positions from which on segments are held, by pin. */
  readonly #pins = new Map<number, number>();
  /** When the last record of the oldest segment was taken, which is all that is ever asked. */
  #oldest: { readonly firstPosition: number; readonly endedAtMs: number } | undefined;
  #gaveWayAtMs = Number.NEGATIVE_INFINITY;
  #bytes = 0;

  /** Whether disk space is short: then they go first, though `retain` would keep them. */
  shortOfSpace = false;

  /** @param nowMs The wall clock, which is that of the records. */
  constructor(files: Files, journalDirectory: string, retain: Retention, nowMs: () => number = Date.now) {
    this.#segments = new SegmentFiles(files, journalDirectory);
    this.#retain = retain;
    this.#nowMs = nowMs;
  }

  /** Bytes of those that stayed when {@link going} was asked last. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Holds all segments from a position on; of a known pin, from another one. */
  pin(pin: number, from: number): void {
    this.#pins.set(pin, from);
  }

  unpin(pin: number): void {
    this.#pins.delete(pin);
  }

  /**
   * Which segments are to go.
   *
   * @param settled Those that nobody needs, oldest first.
   * @param most How many at most.
   */
  going(settled: readonly ClosedSegment[], most: number): ClosedSegment[] {
    const pinnedFrom = Math.min(...this.#pins.values());
    let kept = settled.reduce((sum, { bytes }) => sum + bytes, 0);
    const going: ClosedSegment[] = [];
    for (const segment of settled) {
      if (going.length === most || segment.endPosition > pinnedFrom) break;
      if (!this.#isOver(segment, kept) && !this.#givesWay()) break;
      kept -= segment.bytes;
      going.push(segment);
    }
    this.#bytes = kept;
    return going;
  }

  #isOver(segment: ClosedSegment, keptBytes: number): boolean {
    const { forMs, bytes } = this.#retain;
    if (forMs === undefined && bytes === undefined) return true;
    if (bytes !== undefined && keptBytes > bytes) return true;
    return forMs !== undefined && this.#nowMs() - this.#endedAtMs(segment) > forMs;
  }

  #givesWay(): boolean {
    if (!this.shortOfSpace || performance.now() - this.#gaveWayAtMs < GIVE_WAY_EVERY_MS) return false;
    this.#gaveWayAtMs = performance.now();
    return true;
  }

  #endedAtMs({ firstPosition }: ClosedSegment): number {
    if (this.#oldest?.firstPosition === firstPosition) return this.#oldest.endedAtMs;
    const segment = this.#segments.openAt(firstPosition);
    try {
      const endedAtMs = (segment && lastRecordTime(segment)) ?? Number.NEGATIVE_INFINITY;
      this.#oldest = { firstPosition, endedAtMs };
      return endedAtMs;
    } finally {
      this.#segments.close();
    }
  }
}
