// A repair of a damaged log of removals keeps what can be read of it, and leaves the others alone.
import { expect, it } from 'vitest';
import { QUEUE, writeLetters } from '../../dead-letters/letters.fixture.js';
import { RemovalLog, readRemovedLetters } from '../../dead-letters/removed-letters.js';
import { MemoryFiles } from '../../files/memory-files.js';
import { Quarantine } from '../../files/quarantine.js';
import { IntervalSet } from '../../queue/interval-set.js';
import { checkLetterLists } from './check-letter-lists.js';

it('tells of the logs that are damaged alone, and sets them aside once what they say is in another', () => {
  const files = new MemoryFiles();
  writeLetters(files, [1, 2, 3]);
  const { directory, queueNumber: number } = QUEUE;
  for (const [log, queue, ordinal] of [
    [1, number, 1],
    [2, number, 2],
    [3, number + 1, 3],
  ] as const) {
    const removals = new RemovalLog(files, directory, queue, log);
    removals.add([{ file: 9n, ordinal }]);
    removals.close();
  }
  const damaged = files.overwrite(`${directory}/dead/removed-2.log`);
  damaged.append(new Uint8Array(8).fill(0xee));
  damaged.close();
  const record = { number, name: 'q', directory, added: '', topics: undefined, startFrom: 'new' as const };
  const queue = {
    record: { ...record, backfill: undefined, orderKey: undefined, keyedFrom: undefined },
    settled: IntervalSet.of([{ from: 0, to: 100 }]),
  };
  const quarantine = new Quarantine(files, '');
  const examined = { files, path: '', quarantine, queues: new Map([[number, queue]]), clean: true, ends: undefined };
  const found = [...checkLetterLists(examined, queue)];
  expect(found.map(({ path }) => path)).toEqual(['queue/dead/removed-2.log', 'queue/dead/removed-3.log']);
  for (const { mend } of found) mend?.();
  expect(quarantine.list().map(({ source }) => source)).toEqual([
    'queue+dead+removed-2.log',
    'queue+dead+removed-3.log',
  ]);
  const { byFile, damaged: left } = readRemovedLetters(files, directory, number);
  expect([byFile, left]).toEqual([new Map([[9n, new Set([1, 2])]]), []]);
  expect([...checkLetterLists(examined, queue)]).toEqual([]);
});
