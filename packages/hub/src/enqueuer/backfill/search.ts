// The search through the journal for what a queue is to be given: the messages of a range that match its patterns, in
// the journal's order and in parts, so that neither the queue nor memory gets more at once than a part.

import type { Files } from '../../files/files.js';
import { JournalFollower } from '../../journal/journal-follower.js';
import { NO_KEY, orderKeyHash } from '../../journal/order-key.js';
import { AT, RECORD_HEADER_BYTES, RecordFlag, RecordKind } from '../../journal/record.js';
import { findNextRecord } from '../../journal/resync.js';
import { type ScanEnd, type ScannedRecord, scanSegment } from '../../journal/scan.js';
import { type OpenSegment, SegmentFiles } from '../../journal/segment-files.js';
import { compilePatterns } from '../../topic.js';
import type { BackfillRequest, FromBackfill, JournalPlace, SearchedRange } from './protocol.js';

/** A part is handed over with so many entries, … */
const ENTRIES_PER_PART = 16_384;
/** … or after so much was searched, so that there is something to say of how far it is. */
const BYTES_PER_PART = 8 << 20;

/** Most journals have few topics: each is matched once, while they stay few. */
const MOST_KNOWN_TOPICS = 16_384;

export class JournalSearch {
  readonly #files: Files;
  readonly #request: BackfillRequest;
  readonly #segments: SegmentFiles;
  readonly #isWanted: (topic: string) => boolean;
  #searchedBytes = 0;

  constructor(files: Files, request: BackfillRequest) {
    this.#files = files;
    this.#request = request;
    this.#segments = new SegmentFiles(files, request.journalDirectory);
    this.#isWanted = topicFilter(request);
  }

  /** Yields what there is to say; reads on only as it is asked. */
  *run(): Generator<FromBackfill, void> {
    try {
      const range = this.#range();
      yield { type: 'began', ...range };
      const firsts = this.#segments.list();
      for (const [index, first] of firsts.entries()) {
        const next = firsts[index + 1] ?? Number.POSITIVE_INFINITY;
        if (next <= range.from || first >= range.until) continue;
        const segment = this.#segments.openAt(first);
        if (segment === undefined) continue;
        yield* this.#search(segment, range, Math.min(next, range.until));
        // Also where its end could not be read, or segments behind it are gone: the search has passed it.
        yield { type: 'entries', ...new Part(first).taken(), through: Math.min(next, range.until) };
      }
      yield { type: 'done', unseenBytes: Math.max(0, range.until - range.from - this.#searchedBytes) };
    } finally {
      this.#segments.close();
    }
  }

  /** @param segmentEnd Where the segment ended when it was written, as far as the range goes. */
  *#search(segment: OpenSegment, { from, until }: SearchedRange, segmentEnd: number): Generator<FromBackfill, void> {
    let end: Place = {
      offset: segment.headerBytes,
      position: segment.firstPosition,
    };
    for (;;) {
      const part = new Part(end.position);
      const scanned = scanSegment(
        segment.file,
        segment,
        (record) => {
          if (record.position >= until) return false;
          if (record.position >= from) this.#look(record, part);
          return !part.isFull(record.position + record.length);
        },
        end,
      );
      const { position, problem } = scanned;
      const through = Math.min(position, until);
      this.#searchedBytes += Math.max(0, through - Math.max(end.position, from));
      if (through > Math.max(end.position, from)) yield { type: 'entries', ...part.taken(), through };
      if (through === until) return;
      if (problem === undefined) {
        if (position === end.position) return;
        end = scanned;
        continue;
      }
      const next = nextPlace(segment, scanned);
      const to = Math.min(next?.position ?? segmentEnd, until);
      if (to > from) yield { type: 'damaged', position: Math.max(position, from), to, problem };
      if (next === undefined || to === until) return;
      end = next;
    }
  }

  #look({ bytes, view, at, length, position }: ScannedRecord, part: Part): void {
    if (view.getUint8(at + AT.kind) !== RecordKind.DATA) return;
    if ((view.getUint8(at + AT.flags) & RecordFlag.REQUEUED) !== 0) return;
    const start = at + RECORD_HEADER_BYTES;
    const topic = bytes.toString('utf8', start, start + view.getUint16(at + AT.topicLength, true));
    if (!this.#isWanted(topic)) return;
    const { orderKey } = this.#request;
    part.add(position, length, orderKey === undefined ? NO_KEY : orderKeyHash(bytes, view, at, orderKey));
  }

  #range(): SearchedRange {
    const { from, until, searchedThrough, end } = this.#request;
    const oldest = this.#segments.list()[0] ?? end;
    const begin = Math.max(this.#positionOf(from), searchedThrough, oldest);
    return { from: begin, until: Math.max(begin, this.#positionOf(until)), isLate: this.#isBefore(from, oldest) };
  }

  /** Where the first message lies that is at a place or behind it; the journal's end when there is none. */
  #positionOf(place: JournalPlace): number {
    const { journalDirectory, end } = this.#request;
    if ('position' in place) return Math.min(place.position, end);
    const follower = new JournalFollower(this.#files, journalDirectory);
    try {
      follower.seekTime(place.timeMs);
      for (const each of follower.read(end)) if (each.kind === 'message') return each.record.position;
      return end;
    } finally {
      follower.close();
    }
  }

  /** Whether a place lies before the oldest that is there, and there was something before that. */
  #isBefore(place: JournalPlace, oldest: number): boolean {
    if ('position' in place) return place.position < oldest;
    const segment = oldest === 0 ? undefined : this.#segments.openAt(oldest);
    if (segment === undefined) return false;
    let takenAtMs = Number.NEGATIVE_INFINITY;
    scanSegment(segment.file, segment, ({ view, at }) => {
      takenAtMs = view.getFloat64(at + AT.time, true);
      return false;
    });
    return place.timeMs < takenAtMs;
  }
}

/** Where a record begins. */
type Place = Pick<ScanEnd, 'offset' | 'position'>;

/** The next whole record behind damage; undefined when the rest of the segment has none. */
function nextPlace(segment: OpenSegment, { offset }: Place): Place | undefined {
  const next = findNextRecord(segment.file, segment, offset + 1);
  if (next === undefined) return undefined;
  return { offset: next, position: segment.firstPosition + next - segment.headerBytes };
}

/** Entries that were found and not handed over yet. */
class Part {
  readonly #from: number;
  readonly #positions: number[] = [];
  readonly #lengths: number[] = [];
  readonly #keyHashes: number[] = [];

  constructor(from: number) {
    this.#from = from;
  }

  get length(): number {
    return this.#positions.length;
  }

  add(position: number, length: number, keyHash: number): void {
    this.#positions.push(position);
    this.#lengths.push(length);
    this.#keyHashes.push(keyHash);
  }

  isFull(through: number): boolean {
    return this.length >= ENTRIES_PER_PART || through - this.#from >= BYTES_PER_PART;
  }

  taken(): { positions: Float64Array; lengths: Uint32Array; keyHashes: Uint32Array } {
    return {
      positions: Float64Array.from(this.#positions),
      lengths: Uint32Array.from(this.#lengths),
      keyHashes: Uint32Array.from(this.#keyHashes),
    };
  }
}

function topicFilter({ patterns, only }: BackfillRequest): (topic: string) => boolean {
  const matches = compilePatterns(patterns);
  const isAmong = only === undefined ? () => true : compilePatterns(only);
  const known = new Map<string, boolean>();
  return (topic) => {
    let wanted = known.get(topic);
    if (wanted === undefined) {
      wanted = matches(topic) && isAmong(topic);
      if (known.size < MOST_KNOWN_TOPICS) known.set(topic, wanted);
    }
    return wanted;
  };
}
