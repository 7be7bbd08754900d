// When the last record of a segment was taken, found from its end: nothing but the file's length says where it begins.
import { AT, RECORD_HEADER_BYTES, recordProblem, viewOf } from './record.js';
import { scanSegment } from './scan.js';
import type { OpenSegment } from './segment-files.js';

/** How much of the end is looked at first; eight times as much when the last record is longer. */
const FIRST_WINDOW_BYTES = 64 * 1024;

/**
 * The time of the last record, in milliseconds since 1970; undefined for a segment without one.
 *
 * @param segment One that has ended: what follows in the file that is still written need not be its own.
 */
export function lastRecordTime(segment: OpenSegment): number | undefined {
  const { file, headerBytes, firstPosition } = segment;
  const size = file.size();
  for (let window = FIRST_WINDOW_BYTES; ; window *= 8) {
    const from = Math.max(headerBytes, size - window);
    const bytes = Buffer.allocUnsafeSlow(size - from);
    const got = file.read(bytes, from);
    const view = viewOf(bytes);
    for (let at = got - RECORD_HEADER_BYTES; at >= 0; at--) {
      // It ends where the file does; its position and checksum then leave no doubt.
      if (view.getUint32(at + AT.length, true) !== got - at) continue;
      const position = firstPosition + from - headerBytes + at;
      if (recordProblem(bytes, view, at, got, position) === undefined) return view.getFloat64(at + AT.time, true);
    }
    if (from === headerBytes) return lastWhole(segment);
  }
}

/** The same for a segment whose end is damaged: of the last record that can be read. */
function lastWhole(segment: OpenSegment): number | undefined {
  let time: number | undefined;
  scanSegment(segment.file, segment, ({ view, at }) => {
    time = view.getFloat64(at + AT.time, true);
    return true;
  });
  return time;
}
