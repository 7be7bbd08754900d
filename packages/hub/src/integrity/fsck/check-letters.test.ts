// A repair of a damaged file of dead letters loses none that can be read.
import { expect, it } from 'vitest';
import { LetterReader } from '../../dead-letters/letter-reader.js';
import { idsIn, QUEUE, writeLetters } from '../../dead-letters/letters.fixture.js';
import { RemovalLog, readRemovedLetters } from '../../dead-letters/removed-letters.js';
import { readWhole } from '../../files/files.js';
import { MemoryFiles } from '../../files/memory-files.js';
import { Quarantine } from '../../files/quarantine.js';
import { IntervalSet } from '../../queue/interval-set.js';
import { checkLetters } from './check-letters.js';

it('keeps a letter whose entry has an older one in another file, which was taken out', () => {
  const files = new MemoryFiles();
  writeLetters(files, [5, 6]);
  writeLetters(files, [5, 7], { incarnation: 2 });
  remove(files, 't0-1.seg', 5);
  const path = `${QUEUE.directory}/dead/t0-2.seg`;
  const file = files.overwrite(path);
  const bytes = readWhole(files, path);
  // The record of letter 7, in front of the footer.
  file.append(bytes.with(bytes.byteLength - 49, 0xee));
  file.close();
  const { directory, queueNumber: number } = QUEUE;
  const record = { number, name: 'q', directory, added: '', topics: undefined, startFrom: 'new' as const };
  const queue = {
    record: { ...record, backfill: undefined, orderKey: undefined, keyedFrom: undefined },
    settled: IntervalSet.of([{ from: 0, to: 100 }]),
  };
  const quarantine = new Quarantine(files, '');
  const examined = { files, path: '', quarantine, queues: new Map([[number, queue]]), clean: true, ends: undefined };
  const [found] = [...checkLetters(examined, queue)];
  found?.mend?.();
  expect(idsIn(files)).toEqual([5, 6]);
  expect(quarantine.list().map(({ kind }) => kind)).toEqual(['dead-letters']);
});

function remove(files: MemoryFiles, name: string, ordinal: number): void {
  const reader = new LetterReader(files, `${QUEUE.directory}/dead/${name}`, QUEUE.queueNumber);
  const { nextLog } = readRemovedLetters(files, QUEUE.directory, QUEUE.queueNumber);
  const log = new RemovalLog(files, QUEUE.directory, QUEUE.queueNumber, nextLog);
  log.add([{ file: reader.id as bigint, ordinal }]);
  log.close();
  reader.close();
}
