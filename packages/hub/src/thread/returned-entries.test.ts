// What an ended thread leaves: all that it held and nobody has settled, nothing that another holds, and counters
// that say what its log says.
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { publishHeld, readHeld } from '../queue/held.js';
import { QueueShared, type ThreadShared } from '../queue/shared.js';
import { SettleLog } from '../settlement/settle-log.js';
import { SettleKind } from '../settlement/settle-record.js';
import { settleLogName } from '../settlement/settled-state.js';
import { takeBackEntries } from './returned-entries.js';

const DIRECTORY = '/settled';
const INCARNATION = 4;

let files: MemoryFiles;
let queue: QueueShared;
let thread: ThreadShared;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(DIRECTORY);
  queue = new QueueShared(QueueShared.allocate(2, 8), 2, 8);
  queue.enqueued.set(1_000);
  queue.cursor.set(100);
  thread = queue.threads[0] as ThreadShared;
});

const logOf = (index = 0, incarnation = INCARNATION): SettleLog =>
  new SettleLog({ files, directory: DIRECTORY, name: settleLogName(index, incarnation), queueNumber: 1 });

const takeBack = (settledAtStart = 0, settledBytesAtStart = 0) =>
  takeBackEntries({
    files,
    queue,
    queueNumber: 1,
    settledDirectory: DIRECTORY,
    threadIndex: 0,
    incarnation: INCARNATION,
    settledAtStart,
    settledBytesAtStart,
  });

describe('the entries of an ended thread', () => {
  it('are those that it held and had not settled, also where it had not come to say so', () => {
    publishHeld(thread, [
      { from: 10, to: 20 },
      { from: 30, to: 31 },
    ]);
    const log = logOf();
    for (const ordinal of [10, 11, 15, 30]) log.add(SettleKind.ACKNOWLEDGED, ordinal, 7);
    log.flush();
    const left = [
      { from: 12, to: 15 },
      { from: 16, to: 20 },
    ];
    expect(takeBack()).toEqual(left);
    expect(readHeld(thread)).toEqual(left);
    expect([thread.settled.get(), thread.settledBytes.get()]).toEqual([4, 28]);
  });

  it('do not come from a claim that it had only announced', () => {
    publishHeld(thread, [
      { from: 95, to: 100 },
      { from: 100, to: 356 },
    ]);
    expect(takeBack()).toEqual([{ from: 95, to: 100 }]);
  });

  it('are not those of a claim that another made meanwhile, held still or settled', () => {
    publishHeld(thread, [{ from: 60, to: 90 }]);
    publishHeld(queue.threads[1] as ThreadShared, [{ from: 70, to: 90 }]);
    const other = logOf(1, 3);
    for (let ordinal = 60; ordinal < 70; ordinal++) other.add(SettleKind.ACKNOWLEDGED, ordinal, 7);
    other.flush();
    expect(takeBack()).toEqual([]);
    expect(thread.settled.get()).toBe(0);
  });

  it('are all that it held when it had settled nothing, and its empty log is gone', () => {
    publishHeld(thread, [{ from: 0, to: 100 }]);
    logOf().flush();
    expect(takeBack(5, 50)).toEqual([{ from: 0, to: 100 }]);
    expect(files.list(DIRECTORY)).toEqual([]);
    expect([thread.settled.get(), thread.settledBytes.get()]).toEqual([5, 50]);
  });

  it('are all that it held when it ended before it had a log', () => {
    publishHeld(thread, [{ from: 3, to: 4 }]);
    thread.settled.set(5);
    expect(takeBack(5, 50)).toEqual([{ from: 3, to: 4 }]);
    expect(thread.settled.get()).toBe(5);
  });

  it('are counted on from where the thread began, also when its log was compacted', () => {
    publishHeld(thread, [{ from: 50, to: 100 }]);
    const log = logOf();
    for (let ordinal = 0; ordinal < 50; ordinal++) log.add(SettleKind.ACKNOWLEDGED, ordinal, 2);
    log.add(SettleKind.DAMAGED, 60, 2);
    log.compact([
      { from: 0, to: 50 },
      { from: 60, to: 61 },
    ]);
    log.add(SettleKind.ACKNOWLEDGED, 70, 2);
    log.flush();
    takeBack(1_000, 10_000);
    expect([thread.settled.get(), thread.settledBytes.get()]).toEqual([1_052, 10_104]);
    expect(readHeld(thread).map(({ from, to }) => to - from)).toEqual([10, 9, 29]);
  });
});
