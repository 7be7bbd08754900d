// What was removed stays removed and what was not stays, whatever cuts it off; and the number of letters is the number that
// can be seen, from start to start.
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { IntervalSet } from '../queue/interval-set.js';
import type { DeadLetterStore } from './dead-letter-store.js';
import {
  exampleLetter,
  idsIn,
  newWriter,
  openStore,
  QUEUE,
  search,
  settledBelow,
  writeLetters,
} from './letters.fixture.js';

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
});

const DEAD = `${QUEUE.directory}/dead`;

const remove = (store: DeadLetterStore, ...ids: number[]): number => store.remove(search(files, { ids: new Set(ids) }));

const evenly = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe('letters', () => {
  it('are counted at a start, closed files without a look at the letters in them', () => {
    writeLetters(files, evenly(0, 100));
    writeLetters(files, evenly(100, 110), { incarnation: 2, closed: false });
    let bytesRead = 0;
    files.hook = ({ kind, path, bytes }) => {
      if (kind === 'read' && path.endsWith('t0-1.seg')) bytesRead += bytes;
      return undefined;
    };
    expect(openStore(files).kept).toBe(110);
    expect(bytesRead).toBeLessThan(200);
  });

  it('that are removed are not seen, counted, or read any more; removing them again does nothing', () => {
    writeLetters(files, [4, 2, 9]);
    const store = openStore(files);
    const [two] = search(files);
    expect(remove(store, 2, 9)).toBe(2);
    expect(idsIn(files)).toEqual([4]);
    expect(store.kept).toBe(1);
    expect(store.read(two as never)).toBeUndefined();
    expect(store.remove([two as never])).toBe(0);
    expect(openStore(files).kept).toBe(1);
    expect(idsIn(files)).toEqual([4]);
  });

  it('take their file with them when they go, unless its thread may still write to it', () => {
    writeLetters(files, [1, 2]);
    const store = openStore(files);
    const writer = newWriter(files, 2);
    writer.add(exampleLetter(3));
    writer.sync();
    expect(remove(store, 1, 2, 3)).toBe(3);
    expect(files.list(DEAD)).toEqual(['kept.json', 'removed-1.log', 't0-2.seg']);
    writer.add(exampleLetter(4));
    writer.sync();
    expect(idsIn(files)).toEqual([4]);
    writer.close();
    expect(remove(store, 4)).toBe(1);
    expect(files.list(DEAD)).toEqual(['kept.json', 'removed-1.log']);
    openStore(files);
    expect(files.list(DEAD)).toEqual([]);
    expect(files.openFiles).toBe(1); // the log of the store that was not closed
  });

  it('of an entry that is delivered again after a loss of power is seen again, though it was removed before', () => {
    writeLetters(files, [5]);
    const store = openStore(files);
    writeLetters(files, [6], { incarnation: 2, closed: false });
    remove(store, 5, 6);
    files.losePower();
    openStore(files, settledBelow(5));
    writeLetters(files, [5], { incarnation: 3 });
    expect(idsIn(files)).toEqual([5]);
    expect(openStore(files).kept).toBe(1);
  });

  it('of entries that were not settled when the hub was killed are none', () => {
    writeLetters(files, [1, 2, 3, 4], { closed: false });
    const settled = IntervalSet.of([
      { from: 0, to: 2 },
      { from: 3, to: 4 },
    ]);
    expect(openStore(files, settled).kept).toBe(2);
    expect(idsIn(files)).toEqual([1, 3]);
    writeLetters(files, [4], { incarnation: 2 });
    expect(idsIn(files)).toEqual([1, 3, 4]);
    expect(openStore(files, settledBelow(5)).kept).toBe(3);
  });

  it('of entries that were not settled are none after the next start either, though another removal went meanwhile', () => {
    writeLetters(files, [2], { closed: false });
    remove(openStore(files), 2);
    writeLetters(files, [5, 6], { incarnation: 2, closed: false });
    openStore(files, settledBelow(6)).close();
    // Delivered again, and acknowledged.
    openStore(files, settledBelow(7));
    expect(idsIn(files)).toEqual([5]);
  });

  it('of entries that a thread left when it ended are none: its successor delivers them again', () => {
    const store = openStore(files);
    writeLetters(files, [1, 2, 3], { closed: false });
    writeLetters(files, [9], { writer: 't1', closed: false });
    const failed: Error[] = [];
    const left = [{ from: 2, to: 10 }];
    store.takeOut('t0', left, (error) => failed.push(error));
    expect([idsIn(files), failed]).toEqual([[1, 9], []]);
    writeLetters(files, [3], { incarnation: 2 });
    expect(idsIn(files)).toEqual([1, 3, 9]);
    expect(openStore(files).kept).toBe(3);
    files.hook = ({ kind }) => (kind === 'append' ? { error: new Error('ENOSPC') } : undefined);
    store.takeOut('t0', [{ from: 1, to: 2 }], (error) => failed.push(error));
    expect(failed.map(({ message }) => message)).toEqual(['ENOSPC']);
  });

  it('that a thread wrote twice are one, the newer of them', () => {
    writeLetters(files, [1, 2], { closed: false });
    const again = newWriter(files, 2);
    again.add(exampleLetter(2, { text: 'the second time' }));
    again.sync();
    again.close();
    const readTwo = (store: DeadLetterStore) => store.read(search(files, { ids: new Set([2]) })[0] as never)?.note.text;
    const store = openStore(files);
    expect([store.kept, idsIn(files), readTwo(store)]).toEqual([2, [1, 2], 'the second time']);
    remove(store, 2);
    expect(idsIn(files)).toEqual([1]);
    expect(openStore(files).kept).toBe(1);
  });

  it('that a thread wrote twice while the hub runs are seen once, and go together', () => {
    const store = openStore(files);
    writeLetters(files, [1], { closed: false });
    writeLetters(files, [1], { incarnation: 2 });
    expect(search(files).map(({ id, places }) => [id, places.length])).toEqual([[1, 2]]);
    expect(remove(store, 1)).toBe(1);
    expect(idsIn(files)).toEqual([]);
  });
});

describe('a search', () => {
  it('finds by id, time, and any part of the reason or the error', () => {
    const writer = newWriter(files);
    const error = { name: 'TypeError', message: 'Cannot read it', stack: undefined, code: 'E_ODD' };
    writer.add(exampleLetter(1, { error }));
    writer.add(exampleLetter(2, { reason: 2, text: 'no attempt is left' }));
    writer.sync();
    expect(idsIn(files, { reason: 'TYPEERROR: cannot' })).toEqual([1]);
    expect(idsIn(files, { reason: 'e_odd' })).toEqual([1]);
    expect(idsIn(files, { reason: 'attempts' })).toEqual([2]);
    expect(idsIn(files, { reason: 'left' })).toEqual([2]);
    expect(idsIn(files, { reason: 'nothing like it' })).toEqual([]);
    expect(idsIn(files, { sinceMs: exampleLetter(2).lastAt })).toEqual([2]);
    expect(idsIn(files, { ids: new Set([1, 7]) })).toEqual([1]);
  });

  it('goes page by page in order of ids, however they lie in the files', () => {
    const ordinals = evenly(0, 5_000);
    const shuffled = ordinals.toSorted((a, b) => ((a * 7_919) % 5_003) - ((b * 7_919) % 5_003));
    writeLetters(files, shuffled.slice(0, 3_000));
    writeLetters(files, shuffled.slice(3_000), { writer: 't1' });
    const seen: number[] = [];
    for (let page = search(files, {}, 700); page.length > 0; page = search(files, {}, 700, seen.at(-1))) {
      seen.push(...page.map(({ id }) => id));
    }
    expect(seen).toEqual(ordinals);
  });
});

describe.each(['loseProcess', 'losePower'] as const)('a removal that is cut off by %s at any step', (lose) => {
  it('has happened or not for each letter, and has when it was answered; the starts after it agree', () => {
    for (let step = 0; ; step++) {
      files = new MemoryFiles();
      files.makeDirectory(QUEUE.directory);
      writeLetters(files, [1, 2, 3]);
      writeLetters(files, [4, 5, 6], { incarnation: 2, closed: false });
      const cutOff = cutOffAt(step);
      let answered: number[] = [];
      try {
        const store = openStore(files);
        for (const ids of [[1, 2], [3, 4], [6]]) {
          remove(store, ...ids);
          answered = [...answered, ...ids];
        }
        // The next start deletes, and writes the logs anew.
        openStore(files);
      } catch {
        // Cut off.
      }
      const isOver = !cutOff();
      files[lose]();
      const seen = idsIn(files);
      for (const id of answered) expect(seen, `step ${step}`).not.toContain(id);
      const [, next = []] = [[], [1, 2], [3, 4], [6]].slice(answered.length === 5 ? 3 : answered.length / 2);
      const kept = evenly(1, 7).filter((id) => !answered.includes(id) && !next.includes(id));
      for (const id of kept) expect(seen, `step ${step}`).toContain(id);
      for (const _ of [1, 2]) {
        const store = openStore(files);
        expect(store.problems).toEqual([]);
        expect(idsIn(files), `step ${step}`).toEqual(seen);
        expect(store.kept, `step ${step}`).toBe(seen.length);
        store.close();
        // What one start has seen removed is not back at the next, though the power goes in between.
        files.losePower();
      }
      if (isOver) return;
    }
  });
});

/** From this operation on that is no look, all fail. @returns Whether any has. */
function cutOffAt(step: number): () => boolean {
  let left = step;
  files.hook = ({ kind }) =>
    ['list', 'open', 'read'].includes(kind) || --left >= 0 ? undefined : { error: new Error('killed') };
  return () => left < 0;
}
