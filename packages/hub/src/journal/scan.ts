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
  /** How many bytes there are of the record that would come next; 0 when something else stands there. */
  readonly begunBytes: number;
}

/**
 * Calls `visit` for each whole record with a true checksum, up to the first that is not.
 *
 * @param visit Returns false to end the walk behind that record.
 * @param start Where to begin, such as the end of an earlier walk; with the first record by default.
 */
export function scanSegment(
  file: File,
  header: SegmentHeader,
  visit: (record: ScannedRecord) => boolean | undefined,
  start: Pick<ScanEnd, 'offset' | 'position'> = { offset: header.headerBytes, position: header.firstPosition },
): ScanEnd {
  const size = file.size();
  let { offset, position } = start;
  let chunk = Buffer.allocUnsafeSlow(FIRST_CHUNK_BYTES);
  while (offset < size) {
    const got = file.read(chunk, offset);
    const view = viewOf(chunk);
    let at = 0;
    while (at < got) {
      const problem = recordProblem(chunk, view, at, got, position);
      if (problem === 'short' && offset + got < size) break; // the rest of it is behind this chunk
      if (problem !== undefined)
        return {
          offset: offset + at,
          position,
          problem,
          begunBytes: begunBytes(view, at, position, size - offset - at),
        };
      const length = view.getUint32(at + AT.length, true);
      const go = visit({ bytes: chunk, view, at, length, position });
      at += length;
      position += length;
      if (go === false) return { offset: offset + at, position, problem: undefined, begunBytes: 0 };
    }
    if (at === 0) {
      if (got < chunk.byteLength)
        return { offset, position, problem: 'short', begunBytes: begunBytes(view, 0, position, got) };
      chunk = Buffer.allocUnsafeSlow(chunk.byteLength * 2);
    }
    offset += at;
  }
  return { offset, position, problem: undefined, begunBytes: 0 };
}

function begunBytes(view: DataView, at: number, position: number, left: number): number {
  if (left < AT.position + 8 || at + AT.position + 8 > view.byteLength) return 0;
  return view.getFloat64(at + AT.position, true) === position
    ? Math.min(view.getUint32(at + AT.length, true), left)
    : 0;
}
