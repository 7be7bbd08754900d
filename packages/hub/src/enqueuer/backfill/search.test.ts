// The search finds what a queue is to be given: all of a range that matches, each once, in order, and nothing else.
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../files/memory-files.js';
import { AT, RecordFlag, sealRecord, viewOf } from '../../journal/record.js';
import { type ExampleMessage, type ExampleSegment, writeExampleSegment } from '../../journal/segment.fixture.js';
import type { BackfillRequest, FromBackfill, SearchedRange } from './protocol.js';
import { JournalSearch } from './search.js';

const T0 = 1_700_000_000_000;

/** Three segments of two messages each, of the topics `a.0`, `b.1`, `a.2`, …, a second from one to the next. */
class Journal {
  readonly files = new MemoryFiles();
  readonly segments: ExampleSegment[] = [];

  constructor(firstPosition = 0) {
    this.files.makeDirectory('/journal');
    let position = firstPosition;
    for (let segment = 0; segment < 3; segment++) {
      const messages = [0, 1].map((index): ExampleMessage => {
        const number = segment * 2 + index;
        return { topic: `${'ab'[number % 2]}.${number}`, time: T0 + number * 1_000, headers: { key: `k${number}` } };
      });
      const written = writeExampleSegment(this.files, '/journal', position, messages);
      this.segments.push(written);
      position = written.endPosition;
    }
  }

  get positions(): number[] {
    return this.segments.flatMap(({ positions }) => positions);
  }

  get end(): number {
    return this.segments.at(-1)?.endPosition ?? 0;
  }

  /** What a search says; of everything, unless it is asked for less. */
  search(request: Partial<BackfillRequest> = {}): FromBackfill[] {
    const all = {
      journalDirectory: '/journal',
      patterns: ['>'],
      only: undefined,
      orderKey: undefined,
      from: { position: 0 },
      until: { position: this.end },
      searchedThrough: 0,
      end: this.end,
    };
    return [...new JournalSearch(this.files, { ...all, ...request }).run()];
  }

  /** Changes a byte of a file, or the whole of it. */
  change({ path }: ExampleSegment, change: (bytes: Uint8Array) => void): void {
    const file = this.files.open(path);
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    file.close();
    this.files.remove(path);
    change(bytes);
    const changed = this.files.create(path);
    changed.append(bytes);
    changed.close();
  }
}

const entriesOf = (said: readonly FromBackfill[]) => said.filter((each) => each.type === 'entries');
const found = (said: readonly FromBackfill[]): number[] => entriesOf(said).flatMap(({ positions }) => [...positions]);
const rangeOf = (said: readonly FromBackfill[]): SearchedRange => said.find((each) => each.type === 'began') as never;
const unseen = (said: readonly FromBackfill[]): number | undefined =>
  said.flatMap((each) => (each.type === 'done' ? [each.unseenBytes] : []))[0];

describe('a search through the journal', () => {
  it('finds every message once, in order, and says how far it is', () => {
    const journal = new Journal();
    const said = journal.search();
    expect(found(said)).toEqual(journal.positions);
    expect(entriesOf(said).flatMap(({ lengths }) => [...lengths])).toEqual(
      journal.segments.flatMap(({ lengths }) => lengths),
    );
    const throughs = entriesOf(said).map(({ through }) => through);
    expect(throughs).toEqual([...throughs].sort((a, b) => a - b));
    expect(throughs.at(-1)).toBe(journal.end);
    expect(unseen(said)).toBe(0);
  });

  it('finds what matches, of the consumer’s topics and of those it is narrowed to', () => {
    const journal = new Journal();
    const at = (...numbers: number[]) => numbers.map((number) => journal.positions[number]);
    expect(found(journal.search({ patterns: ['a.>'] }))).toEqual(at(0, 2, 4));
    expect(found(journal.search({ patterns: ['a.>'], only: ['*.2', '*.3'] }))).toEqual(at(2));
    expect(found(journal.search({ patterns: ['c'] }))).toEqual([]);
  });

  it('begins at a position and ends before one, wherever they lie', () => {
    const journal = new Journal();
    const [, second = 0, third = 0, , , last = 0] = journal.positions;
    const between = (from: number, until: number) =>
      found(journal.search({ from: { position: from }, until: { position: until } }));
    expect(between(second, last)).toEqual(journal.positions.slice(1, 5));
    expect(between(second + 1, last + 1)).toEqual(journal.positions.slice(2));
    expect(between(third, third)).toEqual([]);
    expect(between(last, second)).toEqual([]);
  });

  it('begins at a time and ends before one', () => {
    const journal = new Journal();
    const between = (from: number, until: number) =>
      found(journal.search({ from: { timeMs: T0 + from }, until: { timeMs: T0 + until } }));
    expect(between(1_000, 4_000)).toEqual(journal.positions.slice(1, 4));
    expect(between(1_001, 4_001)).toEqual(journal.positions.slice(2, 5));
    expect(between(-5_000, 99_000)).toEqual(journal.positions);
    expect(between(6_000, 7_000)).toEqual([]);
  });

  it('leaves out what was searched earlier, and what is not committed', () => {
    const journal = new Journal();
    const [, , third = 0, , fifth = 0] = journal.positions;
    expect(found(journal.search({ searchedThrough: third, end: fifth }))).toEqual(journal.positions.slice(2, 4));
  });

  it('gives entries the hash of their queue’s order key', () => {
    const journal = new Journal();
    const hashes = (request: Partial<BackfillRequest>) =>
      entriesOf(journal.search(request)).flatMap(({ keyHashes }) => [...keyHashes]);
    expect(new Set(hashes({ orderKey: { header: 'key' } })).size).toBe(6);
    expect(new Set(hashes({ orderKey: { topicToken: 0 } })).size).toBe(2);
    expect(new Set(hashes({}))).toEqual(new Set([0]));
  });

  it('passes by copies of dead letters, which another queue or this one was given', () => {
    const journal = new Journal();
    const [segment] = journal.segments;
    if (segment === undefined) throw new Error('there is no segment');
    journal.change(segment, (bytes) => {
      const at = bytes.length - (segment.lengths[1] as number);
      bytes[at + AT.flags] = RecordFlag.REQUEUED;
      sealRecord(viewOf(bytes), at, segment.lengths[1] as number);
    });
    expect(found(journal.search())).toEqual(journal.positions.toSpliced(1, 1));
  });
});

describe('what the journal no longer holds', () => {
  it('is left out, and a range that begins there begins with the oldest', () => {
    const journal = new Journal(5_000);
    const isLate = (from: BackfillRequest['from']) => rangeOf(journal.search({ from })).isLate;
    expect(rangeOf(journal.search())).toMatchObject({ from: 5_000, until: journal.end, isLate: true });
    expect(isLate({ position: 5_000 })).toBe(false);
    expect(isLate({ timeMs: T0 - 1 })).toBe(true);
    expect(isLate({ timeMs: T0 })).toBe(false);
  });

  it('is not late where nothing has gone', () => {
    expect(rangeOf(new Journal().search({ from: { timeMs: 0 } })).isLate).toBe(false);
  });

  it('is counted where it lies between segments that are there', () => {
    const journal = new Journal();
    const [first, middle] = journal.segments;
    journal.files.remove(middle?.path ?? '');
    const said = journal.search();
    expect(found(said)).toEqual(journal.positions.toSpliced(2, 2));
    expect(unseen(said)).toBe((middle?.endPosition ?? 0) - (first?.endPosition ?? 0));
  });
});

describe('a damaged record', () => {
  it.each([0, 1])('is told, number %i of its segment, and the search goes on behind it', (index) => {
    const journal = new Journal();
    const [, middle] = journal.segments;
    if (middle === undefined) throw new Error('there is no segment');
    const [position = 0, length = 0] = [middle.positions[index], middle.lengths[index]];
    journal.change(middle, (bytes) => {
      bytes[bytes.length - (middle.endPosition - position) + length - 1] = 0xff;
    });
    const said = journal.search();
    expect(found(said)).toEqual(journal.positions.toSpliced(2 + index, 1));
    expect(said).toContainEqual({ type: 'damaged', position, to: position + length, problem: 'checksum' });
    expect(unseen(said)).toBe(length);
  });
});
