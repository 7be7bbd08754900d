// Which segments of the journal a queue's unsettled entries need: those that lie in them, and those that they point
// back to. One unsettled entry keeps its segment, and only that one.

/** What lies where, of the journal's segments. */
export interface SegmentSpan {
  readonly firstPosition: number;
  /** Where the next segment begins. */
  readonly endPosition: number;
}

/** One index file of a queue. */
export interface IndexSpan {
  /** First position of the segment that it belongs to; undefined for the one that is being written. */
  readonly firstPosition: number | undefined;
  readonly baseOrdinal: number;
  readonly entries: number;
  /** The lowest position of any entry. */
  readonly reach: number;
}

/**
 * Adds the first positions of the segments that a queue needs.
 *
 * @param hasUnsettled Whether any entry of the queue from one ordinal up to another is unsettled.
 * @param segments All that there are, in order.
 */
export function addNeededSegments(
  needed: Set<number>,
  indexes: Iterable<IndexSpan>,
  hasUnsettled: (from: number, to: number) => boolean,
  segments: readonly SegmentSpan[],
): void {
  for (const { firstPosition = Number.MAX_SAFE_INTEGER, baseOrdinal, entries, reach } of indexes) {
    if (!hasUnsettled(baseOrdinal, baseOrdinal + entries)) continue;
    if (reach === firstPosition) {
      needed.add(firstPosition);
      continue;
    }
    for (const segment of segments) {
      if (segment.endPosition > reach && segment.firstPosition <= firstPosition) needed.add(segment.firstPosition);
    }
  }
}
