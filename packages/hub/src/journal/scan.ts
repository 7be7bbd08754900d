// Walks a segment's records in order, for recovery and for whoever looks for messages by time or position.
import type { File } from '../files/files.js';
import { AT, recordProblem, viewOf } from './record.js';
import type { SegmentHeader } from './segment.js';

const FIRST_CHUNK_BYTES = 1 << 20;

/** One record, valid while the callback runs. */
export interface ScannedRecord {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Where it begins in `bytes`. */
  readonly at: number;
  readonly length: number;
  readonly position: number;
}

export interface ScanEnd {
  /** Where the first thing that is no whole, true record begins in the file; the file's size when there is none. */
  readonly offset: number;
  /** The position after the last good record. */
  readonly position: number;
  /** What stands there, when it is not the end of the file. */
  readonly problem: string | undefined;
  /** Whether it is the beginning of the record that would come next, and not something else. */
  readonly torn: boolean;
}

/**
 * Calls `visit` for each whole record with a true checksum, up to the first that is not.
 *
 * @param visit Returns false to end the walk.
 */
export function scanSegment(
  file: File,
  header: SegmentHeader,
  visit: (record: ScannedRecord) => boolean | undefined,
): ScanEnd {
  const size = file.size();
  let offset = header.headerBytes;
  let position = header.firstPosition;
  let chunk = Buffer.allocUnsafeSlow(FIRST_CHUNK_BYTES);
  while (offset < size) {
    const got = file.read(chunk, offset);
    const view = viewOf(chunk);
    let at = 0;
    while (at < got) {
      const problem = recordProblem(chunk, view, at, got, position);
      if (problem === 'short' && offset + got < size) break; // the rest of it is behind this chunk
      if (problem !== undefined)
        return { offset: offset + at, position, problem, torn: isBegun(view, at, got, position) };
      const length = view.getUint32(at + AT.length, true);
      const go = visit({ bytes: chunk, view, at, length, position });
      at += length;
      position += length;
      if (go === false) return { offset: offset + at, position, problem: undefined, torn: false };
    }
    if (at === 0) {
      if (got < chunk.byteLength) return { offset, position, problem: 'short', torn: isBegun(view, 0, got, position) };
      chunk = Buffer.allocUnsafeSlow(chunk.byteLength * 2);
    }
    offset += at;
  }
  return { offset, position, problem: undefined, torn: false };
}

function isBegun(view: DataView, at: number, end: number, position: number): boolean {
  return at + AT.position + 8 <= end && view.getFloat64(at + AT.position, true) === position;
}
