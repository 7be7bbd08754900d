// Dead letters on a damaged disk: a damaged one hides none behind it, and one that is gone is missed.
import { beforeEach, describe, expect, it } from 'vitest';
import { readWhole } from '../files/files.js';
import { MemoryFiles } from '../files/memory-files.js';
import { IntervalSet } from '../queue/interval-set.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { KEPT_FILE, KEPT_FORMAT } from './kept-list.js';
import { findLetters } from './letter-search.js';
import { QUEUE, search, settledBelow, writeLetters } from './letters.fixture.js';
import { RemovalLog } from './removed-letters.js';

const DEAD = `${QUEUE.directory}/dead`;

let files: MemoryFiles;
let aside: { path: string; letters: number }[];
let missing: number;
beforeEach(() => {
  files = new MemoryFiles();
  aside = [];
  missing = 0;
});

function change(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
  const bytes = readWhole(files, path);
  files.remove(path);
  const file = files.create(path);
  file.append(change(bytes));
  file.close();
}

function openStore(written = { ever: 0, sinceStart: 0 }): void {
  const setAside = (path: string, _: string, letters: number) => {
    aside.push({ path, letters });
    files.remove(path);
  };
  const told = (letters: number) => {
    missing += letters;
  };
  new DeadLetterStore(
    { ...QUEUE, files, setAside, missing: told },
    IntervalSet.of([{ from: 0, to: 100 }]),
    written,
  ).close();
}

const found = () => findLetters({ ...QUEUE, files, filter: {}, most: 9, isSettled: () => true });

it('a damaged letter hides none of those behind it', () => {
  writeLetters(files, [1, 2, 3]);
  const path = `${DEAD}/t0-1.seg`;
  const one = (readWhole(files, path).byteLength - 32 - 48) / 3;
  change(path, (bytes) => bytes.with(32 + one + 60, 0xee));
  const { letters, unreadable } = found();
  expect(letters.map(({ id }) => id)).toEqual([1, 3]);
  expect(unreadable).toMatchObject([{ file: 't0-1.seg', bytes: one }]);
});

it('a file whose header is damaged is set aside, with how many letters it seems to have', () => {
  writeLetters(files, [1, 2, 3]);
  change(`${DEAD}/t0-1.seg`, (bytes) => bytes.with(16, ~(bytes[16] as number)));
  openStore();
  expect(aside).toEqual([{ path: `${DEAD}/t0-1.seg`, letters: 3 }]);
});

describe('a log of removed letters', () => {
  const LOG = `${DEAD}/removed-1.log`;
  beforeEach(() => {
    writeLetters(files, [1, 2, 3, 4]);
    const store = new DeadLetterStore({ ...QUEUE, files }, settledBelow(100));
    store.remove(search(files, { ids: new Set([1]) }));
    store.remove(search(files, { ids: new Set([2]) }));
    store.close();
  });

  it.each([
    ['with a damaged header', (bytes: Uint8Array) => bytes.with(5, 0xee), [3, 4]],
    ['with zeros for a header', (bytes: Uint8Array) => bytes.fill(0, 0, 32), [3, 4]],
    ['with a damaged record', (bytes: Uint8Array) => bytes.with(40, 0xee), [1, 3, 4]],
    ['with a damaged last record', (bytes: Uint8Array) => bytes.with(72, 0xee), [2, 3, 4]],
    ['with zeros for a record', (bytes: Uint8Array) => bytes.fill(0, 32, 64), [1, 3, 4]],
  ])('%s is set aside, and what can be read of it is kept', (_, damage, seen) => {
    change(LOG, damage);
    for (const _start of [1, 2]) {
      openStore();
      expect(aside).toEqual([{ path: LOG, letters: 0 }]);
      expect(found().letters.map(({ id }) => id)).toEqual(seen);
    }
  });

  it('of another queue is set aside, and none of the queue’s own are', () => {
    const own = readWhole(files, LOG);
    new RemovalLog(files, QUEUE.directory, QUEUE.queueNumber + 1, 2).add([{ file: 1n, ordinal: 3 }]);
    expect(found().letters.map(({ id }) => id)).toEqual([3, 4]);
    openStore();
    expect(aside).toEqual([{ path: `${DEAD}/removed-2.log`, letters: 0 }]);
    expect(found().letters.map(({ id }) => id)).toEqual([3, 4]);
    const names = files.list(DEAD).filter((name) => name.startsWith('removed'));
    expect(names.map((name) => files.size(`${DEAD}/${name}`))).toEqual([own.byteLength]);
  });

  it.each([
    ['in the middle of its header', (bytes: Uint8Array) => bytes.subarray(0, 20)],
    ['in the middle of a record', (bytes: Uint8Array) => bytes.subarray(0, 80)],
    ['with zeros', (bytes: Uint8Array) => bytes.fill(0, 64)],
  ])('that ends %s was being written, and is not set aside', (_, tear) => {
    change(LOG, tear);
    openStore();
    expect(aside).toEqual([]);
  });
});

it('a list of files that a newer Penstock wrote is refused', () => {
  writeLetters(files, [1]);
  openStore();
  const newer = new TextEncoder().encode(JSON.stringify({ format: KEPT_FORMAT + 1, files: {} }));
  change(`${DEAD}/${KEPT_FILE}`, () => newer);
  expect(() => openStore()).toThrow(expect.objectContaining({ code: 'DATA_FORMAT_UNSUPPORTED' }));
});

it('letters in a file that is gone are missed, once', () => {
  writeLetters(files, [1, 2]);
  openStore();
  files.remove(`${DEAD}/t0-1.seg`);
  openStore();
  openStore();
  expect(missing).toBe(2);
});

it('letters that were written since the last start are missed when their file is gone, or has fewer', () => {
  writeLetters(files, [1]);
  openStore({ ever: 1, sinceStart: 1 });
  expect(missing).toBe(0);
  writeLetters(files, [2, 3], { incarnation: 2 });
  change(`${DEAD}/t0-2.seg`, (bytes) => bytes.subarray(0, 40));
  openStore({ ever: 3, sinceStart: 2 });
  expect(missing).toBe(2);
});

it.each([
  ['its beginning is zeros', (bytes: Uint8Array) => bytes.fill(0, 0, 60)],
  ['its only letter is damaged', (bytes: Uint8Array) => bytes.with(bytes.byteLength - 1, 0xee)],
])('a file that was not closed, of which no letter can be read since %s, is set aside', (_, damage) => {
  writeLetters(files, [1], { closed: false });
  openStore({ ever: 1, sinceStart: 1 });
  change(`${DEAD}/t0-1.seg`, damage);
  openStore({ ever: 1, sinceStart: 0 });
  expect(missing).toBe(1);
  expect(aside).toEqual([{ path: `${DEAD}/t0-1.seg`, letters: 0 }]);
});
