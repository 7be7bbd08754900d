// A start that puts a queue's dead letters in order after a kill says the same as one after that, whatever of the files a
// loss of power has taken in between.
import { expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { exampleLetter, idsIn, newWriter, QUEUE, settledBelow } from './letters.fixture.js';
import { putInOrder } from './start-order.js';

it('a file that has lost letters which were taken out of it keeps the others, and they are counted', () => {
  const files = new MemoryFiles();
  files.makeDirectory(QUEUE.directory);
  const start = () => putInOrder({ ...QUEUE, files }, settledBelow(1));
  const writer = newWriter(files);
  writer.add(exampleLetter(0));
  writer.sync();
  for (const ordinal of [1, 2]) writer.add(exampleLetter(ordinal));
  files.loseProcess();
  // Entries 1 and 2 are not settled.
  const afterKill = start();
  expect(afterKill.kept).toBe(1);
  expect([...afterKill.removed.values()]).toEqual([new Set([1, 2])]);
  files.losePower();
  for (const _ of ['the first', 'the second start']) {
    const { kept, removed, files: staying, problems } = start();
    expect([kept, problems, staying.map(({ letters }) => letters)]).toEqual([1, [], [1]]);
    expect([...removed.values()]).toEqual([new Set()]);
    expect(idsIn(files)).toEqual([0]);
  }
});
