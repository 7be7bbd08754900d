// Following the journal beside its writer: every message once and in order, and what could not be read any more told.
import { beforeEach, describe, expect, it } from 'vitest';
import { readWhole } from '../files/files.js';
import { MemoryFiles } from '../files/memory-files.js';
import { JournalFollower } from './journal-follower.js';
import { type ExampleSegment, exampleRecord, writeExampleSegment } from './segment.fixture.js';
import { encodeSegmentHeader, segmentName } from './segment.js';

const JOURNAL = '/journal';

let files: MemoryFiles;
let follower: JournalFollower;

beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(JOURNAL);
  follower = new JournalFollower(files, JOURNAL);
});

/** Segments of so many messages each, one behind the other; the n-th second is when the n-th message was taken. */
function write(...counts: number[]): ExampleSegment[] {
  let first = 0;
  let second = 0;
  return counts.map((count) => {
    const messages = Array.from({ length: count }, () => ({ body: 'b'.repeat(100), time: 1_000 * ++second }));
    const segment = writeExampleSegment(files, JOURNAL, first, messages);
    first = segment.endPosition;
    return segment;
  });
}

/** What is read: positions of messages, and what was passed by as `[from, to]`. */
function read(end?: number): (number | [from: number, to: number])[] {
  return [...follower.read(end)].map((each) => (each.kind === 'message' ? each.record.position : [each.from, each.to]));
}

const positionsOf = (...segments: (ExampleSegment | undefined)[]): number[] =>
  segments.flatMap((each) => each?.positions ?? []);

/** Writes a newer segment's beginning over the file of an older one, as the hub does, and gives it the new name. */
function writeOver(old: ExampleSegment, newFirst: number, bodies: readonly string[]): number {
  const path = `${JOURNAL}/${segmentName(newFirst)}`;
  files.rename(old.path, path);
  const file = files.overwrite(path);
  file.append(encodeSegmentHeader(newFirst, [], true));
  let position = newFirst;
  for (const body of bodies) {
    const record = exampleRecord(position, { body });
    file.append(record);
    position += record.byteLength;
  }
  file.close();
  return position;
}

describe('a follower', () => {
  it('reads every message of every segment in order, up to the end', () => {
    const segments = write(3, 4, 2);
    expect(read()).toEqual(positionsOf(...segments));
    expect(follower.position).toBe(segments[2]?.endPosition);
    expect(read()).toEqual([]);
  });

  it('reads nothing where there is no journal yet', () => {
    expect(follower.earliest()).toBeUndefined();
    expect(read()).toEqual([]);
    expect(new JournalFollower(files, '/nowhere').earliest()).toBeUndefined();
  });

  it('reads up to what is committed, and goes on from there', () => {
    const segments = write(3, 3);
    const all = positionsOf(...segments);
    for (let at = 1; at <= all.length; at++) expect(read(all[at] ?? segments[1]?.endPosition)).toEqual([all[at - 1]]);
  });

  it('may be left at any message, and goes on behind it', () => {
    const all = positionsOf(...write(5));
    for (const each of follower.read()) {
      expect(each).toMatchObject({ kind: 'message', record: { position: all[0] } });
      break;
    }
    expect(read()).toEqual(all.slice(1));
  });

  it('reads messages that are larger than what it reads at a time', () => {
    const segment = writeExampleSegment(files, JOURNAL, 0, [
      { body: 'small' },
      { body: 'x'.repeat(3_000_000) },
      { body: 'y'.repeat(1_048_500) },
      { body: 'z' },
    ]);
    expect(read(segment.endPosition)).toEqual(segment.positions);
  });

  it('holds no more than one file open, and none after its close', () => {
    write(1, 1, 1, 1);
    for (const _ of follower.read()) expect(files.openFiles).toBe(1);
    follower.close();
    expect(files.openFiles).toBe(0);
  });
});

describe('a follower of a journal of which parts are gone', () => {
  it('passes by segments that went before it came to them, and says which bytes', () => {
    const [a, b, c, d] = write(2, 2, 2, 2);
    expect(read(a?.endPosition)).toEqual(positionsOf(a));
    files.remove(b?.path as string);
    files.remove(c?.path as string);
    expect(read()).toEqual([[b?.positions[0], c?.endPosition], ...positionsOf(d)]);
  });

  it('reads to its end a segment that went while it was open', () => {
    const [a, b] = write(3, 2);
    read(a?.positions[1]);
    files.remove(a?.path as string);
    expect(read()).toEqual([...positionsOf(a).slice(1), ...positionsOf(b)]);
  });

  it('sees that a segment was written over under it, and goes on at the next that is there', () => {
    const [a, b] = write(40, 2) as [ExampleSegment, ExampleSegment];
    expect(read(a.positions[3])).toEqual(a.positions.slice(0, 3));
    const end = writeOver(a, b.endPosition, ['n'.repeat(700), 'new']);
    const seen = read(end);
    expect(seen.slice(0, 3)).toEqual([[a.positions[3], a.endPosition], ...b.positions]);
    expect(seen.slice(3)).toEqual([b.endPosition, expect.any(Number)]);
    expect(read(end), 'what the older segment left behind the new records').toEqual([]);
  });

  it('passes by what is gone up to the committed end, where nothing comes after it', () => {
    const [a] = write(3) as [ExampleSegment];
    read(a.positions[1]);
    files.remove(a.path);
    follower.close();
    expect(read(a.endPosition)).toEqual([[a.positions[1], a.endPosition]]);
    expect(follower.position).toBe(a.endPosition);
  });

  it('passes by damaged messages alone, wherever they are damaged, and reads those of a segment with a damaged header', () => {
    const [a, b] = write(4, 4) as [ExampleSegment, ExampleSegment];
    const damage = (segment: ExampleSegment, message: number, offset: number) => {
      const bytes = Buffer.from(readWhole(files, segment.path));
      const at = bytes.byteLength - segment.endPosition + (segment.positions[message] as number) + offset;
      bytes[at] = (bytes[at] as number) ^ 0xff;
      files.remove(segment.path);
      const file = files.create(segment.path);
      file.append(bytes);
      file.close();
    };
    damage(a, 1, 60);
    damage(b, 2, 0);
    damage(b, 0, -10);
    const c = writeExampleSegment(files, JOURNAL, b.endPosition, [{}]);
    expect(read(c.endPosition)).toEqual([
      a.positions[0],
      [a.positions[1], a.positions[2]],
      ...a.positions.slice(2),
      ...b.positions.slice(0, 2),
      [b.positions[2], b.positions[3]],
      b.positions[3],
      ...c.positions,
    ]);
  });

  it('ends at the torn end of a journal that nobody writes, and goes on once it is whole', () => {
    const [a] = write(2) as [ExampleSegment];
    const next = exampleRecord(a.endPosition, { body: 'torn' });
    const bytes = Buffer.from(readWhole(files, a.path));
    for (const torn of [1, 20, next.byteLength - 1]) {
      files.remove(a.path);
      const file = files.create(a.path);
      file.append(bytes);
      file.append(next.subarray(0, torn));
      follower.close();
      follower.goTo(0);
      expect(read()).toEqual(a.positions);
      file.append(next.subarray(torn));
      expect(read()).toEqual([a.endPosition]);
      file.close();
    }
  });

  it('takes neither a damaged segment nor one that is being made for one', () => {
    const [a, b] = write(2, 2) as [ExampleSegment, ExampleSegment];
    files.create(`${JOURNAL}/${segmentName(b.endPosition)}.tmp`).close();
    files.create(`${JOURNAL}/${segmentName(b.endPosition)}`).close();
    expect(read()).toEqual([...a.positions, ...b.positions]);
  });
});

describe('looking for a place', () => {
  it('by position finds the message there, or the next', () => {
    const segments = write(3, 3);
    const all = positionsOf(...segments);
    for (const [at, position] of all.entries()) {
      follower.seekPosition(position);
      expect(read()).toEqual(all.slice(at));
      follower.seekPosition(position + 1);
      expect(read()).toEqual(all.slice(at + 1));
    }
  });

  it('by a position that is gone goes on at the oldest message, and says what was passed by', () => {
    const [a, b] = write(2, 2) as [ExampleSegment, ExampleSegment];
    files.remove(a.path);
    follower.seekPosition(7);
    expect(read()).toEqual([[7, b.positions[0]], ...b.positions]);
    expect(follower.earliest()).toBe(b.positions[0]);
  });

  it('by time finds the first message taken then or later, in whichever segment', () => {
    const all = positionsOf(...write(3, 1, 4, 2));
    for (const [at] of all.entries()) {
      const second = 1_000 * (at + 1);
      follower.seekTime(second);
      expect(read(), `at ${second}`).toEqual(all.slice(at));
      follower.seekTime(second - 1);
      expect(read(), `before ${second}`).toEqual(all.slice(at));
    }
    follower.seekTime(1_000_000);
    expect(read()).toEqual([]);
  });

  it('by time finds messages of one millisecond on both sides of a segment’s end', () => {
    const first = writeExampleSegment(files, JOURNAL, 0, [{ time: 1 }, { time: 5 }]);
    const second = writeExampleSegment(files, JOURNAL, first.endPosition, [{ time: 5 }]);
    writeExampleSegment(files, JOURNAL, second.endPosition, []);
    follower.seekTime(5);
    expect(read()).toEqual([first.positions[1], ...second.positions]);
  });
});
