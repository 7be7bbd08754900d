// Looks through the journal for a queue that is to begin with what is already there. In a thread of its own,
// since reading gigabytes would hold up whichever thread did it.
import { parentPort, workerData } from 'node:worker_threads';
import { NodeFiles } from '../../files/node-files.js';
import { AT, RECORD_HEADER_BYTES, RecordKind } from '../../journal/record.js';
import { scanSegment } from '../../journal/scan.js';
import { lastAtMost, SegmentFiles } from '../../journal/segment-files.js';
import { compilePatterns } from '../../topic.js';
import type { BackfillRequest, FromBackfill, ToBackfill } from './protocol.js';

/** Entries found before they are handed over, and waited for. */
const ENTRIES_PER_PART = 16_384;

const request = workerData as BackfillRequest;
const port = parentPort;
if (port === null) throw new Error('the backfill runs in a worker thread');

let taken: (() => void) | undefined;
port.on('message', (_message: ToBackfill) => taken?.());

const matches = compilePatterns(request.patterns);
/** Most journals have few topics: each is matched once, while they stay few. */
const known = new Map<string, boolean>();
const MOST_KNOWN = 16_384;

function isWanted(topic: string): boolean {
  let wanted = known.get(topic);
  if (wanted === undefined) {
    wanted = matches(topic);
    if (known.size < MOST_KNOWN) known.set(topic, wanted);
  }
  return wanted;
}

const segments = new SegmentFiles(new NodeFiles({ durable: true }), request.journalDirectory);
const firsts = segments.list();
for (const first of firsts.slice(Math.max(0, lastAtMost(firsts, request.from)))) {
  const segment = segments.openAt(first);
  if (segment === undefined || first >= request.until) continue;
  let positions: number[] = [];
  let lengths: number[] = [];
  const parts: { positions: Float64Array; lengths: Uint32Array; through: number }[] = [];
  const cut = (through: number) => {
    parts.push({ positions: Float64Array.from(positions), lengths: Uint32Array.from(lengths), through });
    positions = [];
    lengths = [];
  };
  const end = scanSegment(segment.file, segment, ({ bytes, view, at, length, position }) => {
    if (position >= request.until) return false;
    if (position < request.from || view.getUint8(at + AT.kind) !== RecordKind.DATA) return true;
    const start = at + RECORD_HEADER_BYTES;
    if (isWanted(bytes.toString('utf8', start, start + view.getUint16(at + AT.topicLength, true)))) {
      positions.push(position);
      lengths.push(length);
      if (positions.length === ENTRIES_PER_PART) cut(position);
    }
    return true;
  });
  if (end.problem !== undefined && end.position < request.until) {
    const { position, problem } = end;
    port.postMessage({ type: 'damaged', position, problem } satisfies FromBackfill);
  }
  cut(Math.min(firsts[firsts.indexOf(first) + 1] ?? request.until, request.until));
  for (const part of parts) {
    const received = new Promise<void>((resolve) => {
      taken = resolve;
    });
    port.postMessage({ type: 'entries', ...part } satisfies FromBackfill);
    await received;
  }
}
segments.close();
port.postMessage({ type: 'done' } satisfies FromBackfill);
port.close();
