// A damaged journal opens: what can be read of it has the ordinals that it had, what cannot is counted for the queues whose
// it was, and the damaged bytes are kept.
import { beforeEach, describe, expect, it } from 'vitest';
import { readWhole } from '../../files/files.js';
import type { Entry } from '../../journal/encode.js';
import { indexName } from '../../queue/index-file.js';
import { SettleLog } from '../../settlement/settle-log.js';
import { SettleKind } from '../../settlement/settle-record.js';
import { EntryReader } from '../../thread/worker/entry-reader.js';
import { JOURNAL, queueDirectory, WriterRig } from './writer-rig.fixture.js';

/** How many messages there are, all of them for queue 1, and every other one for queue 2. */
const MESSAGES = 8;

let rig: WriterRig;
let written: Entry[];
let segment: string;
beforeEach(() => {
  rig = new WriterRig(2);
  written = Array.from({ length: MESSAGES }, (_, index) =>
    rig.write(index % 2 === 0 ? [1, 2] : [1], `message ${index}`),
  );
  rig.writer.commit();
  segment = `${JOURNAL}/${rig.segments.at(-1)}`;
});

/** Changes a file. */
function rewrite(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
  const bytes = readWhole(rig.files, path);
  rig.files.remove(path);
  const file = rig.files.create(path);
  file.append(change(bytes));
  file.close();
}

/** Where a message's record lies in its segment. */
function offsetOf(message: number): number {
  const bytes = readWhole(rig.files, segment);
  const { position, length } = written[message] as Entry;
  const last = written.at(-1) as Entry;
  return bytes.byteLength - (last.position + last.length) + position + Math.min(length, 0);
}

/** Settles the first so many entries of queue 1. */
function settle(entries: number): void {
  const directory = `${queueDirectory(1)}/settled`;
  const log = new SettleLog({ files: rig.files, directory, name: 't0-1.log', queueNumber: 1 });
  for (let ordinal = 0; ordinal < entries; ordinal++) log.add(SettleKind.ACKNOWLEDGED, ordinal, 10);
  log.close();
}

const damageMessage = (message: number): void => rewrite(segment, (bytes) => bytes.with(offsetOf(message) + 40, 0xee));

/** What a queue has from its first entry on: positions, or what is wrong with an entry. */
function contents(again: WriterRig, queue: number): (number | string)[] {
  const reader = new EntryReader(again.files, JOURNAL, queueDirectory(queue), Number.POSITIVE_INFINITY);
  const enqueued = again.shared[queue - 1]?.enqueued.get() ?? 0;
  const all = Array.from({ length: enqueued }, (_, ordinal) =>
    reader.read(ordinal, enqueued - ordinal) === undefined ? reader.position : 'damaged',
  );
  reader.close();
  return all;
}

const positions = (...messages: number[]): number[] => messages.map((each) => (written[each] as Entry).position);

describe('after a kill, a journal whose last segment', () => {
  it('has a damaged record keeps what follows it, at the ordinals that it had', () => {
    damageMessage(4);
    const again = new WriterRig(2, { files: rig.files });
    expect(contents(again, 1)).toEqual([...positions(0, 1, 2, 3), 'damaged', ...positions(5, 6, 7)]);
    expect(contents(again, 2)).toEqual([...positions(0, 2), 'damaged', ...positions(6)]);
    expect(again.report.cut).toBeUndefined();
    const lost = [
      { consumer: 'q1', entries: 1 },
      { consumer: 'q2', entries: 1 },
    ];
    expect(again.report.damage).toMatchObject([{ kind: 'journal', path: segment, lost }]);
    expect(readWhole(again.files, again.report.damage[0]?.aside as string).byteLength).toBe(written[4]?.length);
  });

  it('is cut off in what was committed gives no position and no ordinal again', () => {
    rewrite(segment, (bytes) => bytes.subarray(0, offsetOf(5) + 10));
    const again = new WriterRig(2, { files: rig.files });
    expect(contents(again, 1)).toEqual([...positions(0, 1, 2, 3, 4), 'damaged', 'damaged', 'damaged']);
    expect(contents(again, 2)).toEqual([...positions(0, 2, 4), 'damaged']);
    const added = again.write([2]);
    expect(added.position).toBeGreaterThan(written.at(-1)?.position as number);
  });

  it('has a damaged header loses nothing', () => {
    rewrite(segment, (bytes) => bytes.with(30, 0xee));
    const again = new WriterRig(2, { files: rig.files });
    expect(contents(again, 1)).toEqual(positions(0, 1, 2, 3, 4, 5, 6, 7));
    expect(contents(again, 2)).toEqual(positions(0, 2, 4, 6));
    expect(again.report.damage).toMatchObject([{ kind: 'journal', path: segment, lost: [] }]);
    const third = new WriterRig(2, { files: rig.files });
    expect(third.report.damage).toEqual([]);
  });

  it('has a damaged header keeps the ordinals, also where what came before it is settled and gone', () => {
    rig.roll();
    const behind = [8, 9].map((message) => rig.write([1], `message ${message}`).position);
    rig.writer.commit();
    settle(MESSAGES);
    rig.files.remove(`${queueDirectory(1)}/${indexName(0)}`);
    rewrite(`${JOURNAL}/${rig.segments.at(-1)}`, (bytes) => bytes.with(30, 0xee));
    const again = new WriterRig(2, { files: rig.files });
    expect(contents(again, 1).slice(MESSAGES)).toEqual(behind);
    expect(again.report.damage).toMatchObject([{ kind: 'journal', lost: [] }]);
  });

  it('is gone counts what its index files tell of, but for what was settled', () => {
    settle(3);
    rig.files.remove(segment);
    const again = new WriterRig(2, { files: rig.files });
    const lost = [
      { consumer: 'q1', entries: 5 },
      { consumer: 'q2', entries: 4 },
    ];
    expect(again.report.damage).toMatchObject([{ problem: 'it is missing', lost }]);
    expect(contents(again, 1)).toEqual(new Array(MESSAGES).fill('damaged'));
    expect(again.write([1]).position).toBeGreaterThan(written.at(-1)?.position as number);
  });

  it('is damaged in its middle, with an index file as well, counts rather than gives a message the ordinal of another', () => {
    damageMessage(2);
    rewrite(`${queueDirectory(1)}/${indexName(0)}`, (bytes) => bytes.with(3, 0xee));
    const again = new WriterRig(2, { files: rig.files });
    const found = contents(again, 1);
    expect(found.slice(0, 2)).toEqual(positions(0, 1));
    const behind = found.indexOf((written[3] as Entry).position);
    expect(behind).toBeGreaterThan(3);
    expect(found.slice(behind)).toEqual(positions(3, 4, 5, 6, 7));
    expect(contents(again, 2)).toEqual([...positions(0), 'damaged', ...positions(4, 6)]);
  });
});

describe('an index file of a closed segment', () => {
  /** With a second segment behind the first. */
  function closed(): string {
    rig.roll();
    rig.write([1, 2]);
    rig.writer.commit();
    return `${queueDirectory(1)}/${indexName(0)}`;
  }

  it('is made anew when any part of it is damaged, and when it is gone', () => {
    const path = closed();
    const whole = readWhole(rig.files, path);
    const damages = [10, 60, whole.byteLength - 20].map((at) => (bytes: Uint8Array) => bytes.with(at, 0xee));
    for (const damage of [...damages, (bytes: Uint8Array) => bytes.subarray(0, 70)]) {
      rewrite(path, () => damage(whole));
      const again = new WriterRig(2, { files: rig.files });
      expect(contents(again, 1).slice(0, MESSAGES)).toEqual(positions(0, 1, 2, 3, 4, 5, 6, 7));
      expect(again.report.damage).toMatchObject([{ kind: 'index', path, lost: [] }]);
      expect(readWhole(rig.files, path)).toEqual(whole);
    }
    rig.files.remove(path);
    const again = new WriterRig(2, { files: rig.files });
    expect(again.report.damage).toMatchObject([{ kind: 'index', path, aside: undefined, lost: [] }]);
    expect(readWhole(rig.files, path)).toEqual(whole);
  });

  it('counts what is damaged in its segment when it is made anew', () => {
    const path = closed();
    damageMessage(4);
    rig.files.remove(path);
    const again = new WriterRig(2, { files: rig.files });
    expect(contents(again, 1).slice(0, MESSAGES)).toEqual([...positions(0, 1, 2, 3), 'damaged', ...positions(5, 6, 7)]);
    expect(again.report.damage).toMatchObject([{ kind: 'index', lost: [{ consumer: 'q1', entries: 1 }] }]);
  });
});

describe('a closed segment with a damaged header', () => {
  it('loses nothing, also where the segments around it were settled and are gone', () => {
    const closed = [0, 1, 2].map(() => {
      rig.roll();
      const messages = [0, 1].map(() => rig.write([1]).position);
      rig.writer.commit();
      return { messages, segment: `${JOURNAL}/${rig.segments.at(-1)}` };
    });
    const [gone, damaged] = closed as [(typeof closed)[0], (typeof closed)[0]];
    settle(MESSAGES + 2);
    const firsts = rig.files.list(queueDirectory(1)).filter((name) => name.endsWith('.idx'));
    rig.files.remove(`${queueDirectory(1)}/${firsts[1]}`);
    rig.files.remove(gone.segment);
    rewrite(damaged.segment, (bytes) => bytes.with(30, 0xee));
    const again = new WriterRig(2, { files: rig.files });
    const expected = closed.slice(1).flatMap(({ messages }) => messages);
    expect(contents(again, 1).slice(MESSAGES + 2)).toEqual(expected);
    expect(again.report.damage).toMatchObject([{ kind: 'journal', path: damaged.segment, lost: [] }]);
  });
});
