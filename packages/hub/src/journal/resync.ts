// Finds the way back to whole records behind damage. A record bears its position, and in its file it lies at a place that
// follows from that: with its checksum, nothing else can pass for it, an older segment's bytes included.
import { type File, readFully } from '../files/files.js';
import { AT, RECORD_HEADER_BYTES, RecordKind, recordProblem, viewOf } from './record.js';
import { type ScanEnd, type ScannedRecord, scanSegment } from './scan.js';
import { isHeaderLength, type SegmentHeader } from './segment.js';

const CHUNK_BYTES = 1 << 20;

/** A part of a segment's file in which no whole record was found. */
export interface DamagedRange {
  /** Where it begins in the file. */
  readonly from: number;
  /** Where the next whole record begins. */
  readonly to: number;
}

/**
 * Where the next whole record with a true checksum begins.
 *
 * @param from Where to begin to look in the file.
 * @returns Undefined when there is none.
 */
export function findNextRecord(
  file: File,
  { firstPosition, headerBytes }: Pick<SegmentHeader, 'firstPosition' | 'headerBytes'>,
  from: number,
): number | undefined {
  const positionOf = (offset: number) => firstPosition + offset - headerBytes;
  return search(file, Math.max(from, headerBytes), (view, at, offset) =>
    view.getFloat64(at + AT.position, true) === positionOf(offset) ? positionOf(offset) : undefined,
  )?.offset;
}

/**
 * How long the header of a segment is whose header cannot be read: as its first whole record tells.
 *
 * @param firstPosition As the file's name has it.
 * @returns Undefined when the file has no whole record.
 */
export function findHeaderBytes(file: File, firstPosition: number): number | undefined {
  const found = search(file, 0, (view, at, offset) => {
    const position = view.getFloat64(at + AT.position, true);
    return isHeaderLength(offset - (position - firstPosition)) ? position : undefined;
  });
  return found === undefined ? undefined : found.offset - (found.position - firstPosition);
}

/**
 * Walks all whole records of a segment as {@link scanSegment} does, and over damage to those behind it.
 *
 * @param damaged Called with each damaged range that whole records follow, before these are visited; what it returns says
 *   whether to go on behind it.
 * @returns Where the last whole record ends, and what is behind it.
 */
export function scanPastDamage(
  file: File,
  header: SegmentHeader,
  visit: (record: ScannedRecord) => boolean | undefined,
  damaged: (range: DamagedRange) => boolean,
): ScanEnd {
  let end = scanSegment(file, header, visit);
  while (end.problem !== undefined) {
    const to = findNextRecord(file, header, end.offset + 1);
    if (to === undefined || !damaged({ from: end.offset, to })) return end;
    end = scanSegment(file, header, visit, { offset: to, position: header.firstPosition + to - header.headerBytes });
  }
  return end;
}

/**
 * Looks at every byte for a whole record.
 *
 * @param positionAt The position that a record there would have to have, or undefined when there can be none.
 */
function search(
  file: File,
  from: number,
  positionAt: (view: DataView, at: number, offset: number) => number | undefined,
): { offset: number; position: number } | undefined {
  const size = file.size();
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const view = viewOf(chunk);
  for (let start = from; start + RECORD_HEADER_BYTES <= size; start += CHUNK_BYTES - RECORD_HEADER_BYTES + 1) {
    const got = readFully(file, chunk, start);
    for (let at = 0; at + RECORD_HEADER_BYTES <= got; at++) {
      const kind = chunk[at + AT.kind] as number;
      // First what rules out nearly all at the least cost.
      if (kind < RecordKind.DATA || kind > RecordKind.REF) continue;
      const offset = start + at;
      const position = positionAt(view, at, offset);
      if (position !== undefined && isRecord(file, offset, size, view.getUint32(at + AT.length, true), position)) {
        return { offset, position };
      }
    }
  }
  return undefined;
}

function isRecord(file: File, offset: number, size: number, length: number, position: number): boolean {
  if (length < RECORD_HEADER_BYTES || offset + length > size) return false;
  const record = Buffer.allocUnsafeSlow(length);
  const got = readFully(file, record, offset);
  return recordProblem(record, viewOf(record), 0, got, position) === undefined;
}
