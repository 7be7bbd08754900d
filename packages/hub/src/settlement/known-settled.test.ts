// What the owner of a log may put in its place: nothing that it has settled is missing, wherever the other threads are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { publishHeld } from '../queue/held.js';
import { IntervalSet } from '../queue/interval-set.js';
import { newQueue } from '../queue/queue-shape.fixture.js';
import { type QueueShared, ThreadShared } from '../queue/shared.js';
import { knownSettled } from './known-settled.js';
import { SettleLog } from './settle-log.js';
import { SettleKind } from './settle-record.js';
import { readSettledState, settleLogName } from './settled-state.js';

const DIRECTORY = '/queue/settled';
const QUEUE = 1;

function logOf(files: MemoryFiles, thread: number): SettleLog {
  return new SettleLog({ files, directory: DIRECTORY, name: settleLogName(thread, 1), queueNumber: QUEUE });
}

/** Has a thread of a partitioned queue settle the entries of its share up to its cursor, but for some that it holds. */
function settle(queue: QueueShared, index: number, cursor: number, held: readonly number[], log: SettleLog): number[] {
  const thread = queue.threads[index] as ThreadShared;
  const { threads } = queue.shape;
  const share = Array.from({ length: cursor }, (_, ordinal) => ordinal).filter(
    (ordinal) => ordinal % threads === index,
  );
  const settled = share.filter((ordinal) => !held.includes(ordinal));
  for (const ordinal of settled) log.add(SettleKind.ACKNOWLEDGED, ordinal, 10);
  log.flush();
  const left = share.filter((ordinal) => held.includes(ordinal));
  publishHeld(
    thread,
    left.map((ordinal) => ({ from: ordinal, to: ordinal + 1 })),
  );
  thread.cursor.set(cursor);
  return settled;
}

describe('what a log’s owner knows to be settled', () => {
  it('has all that the log says, and nothing that is not settled, however far apart the threads are', () => {
    const cursors = fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(cursors, fc.array(fc.nat({ max: 60 }), { maxLength: 10 }), fc.nat(), (cursors, held, who) => {
        const files = new MemoryFiles();
        files.makeDirectory(DIRECTORY);
        const queue = newQueue({ threads: cursors.length, partitioned: true });
        const logs = cursors.map((_, index) => logOf(files, index));
        const settled = cursors.flatMap((cursor, index) =>
          settle(queue, index, cursor, held, logs[index] as SettleLog),
        );
        const all = settled.sort((a, b) => a - b);
        const owner = logs[who % logs.length] as SettleLog;
        const known = knownSettled(queue, owner);
        owner.compact(known ?? []);
        const after = readSettledState(files, DIRECTORY, QUEUE).settled;
        expect([...after]).toEqual([...IntervalSet.of(all.map((ordinal) => ({ from: ordinal, to: ordinal + 1 })))]);
      }),
      { numRuns: 200 },
    );
  });

  it('is not told while a holder tells of a claim that it has not made, from whichever share', () => {
    const files = new MemoryFiles();
    files.makeDirectory(DIRECTORY);
    const queue = newQueue({ threads: 2, partitioned: true });
    const log = logOf(files, 0);
    (queue.threads[1] as ThreadShared).words[ThreadShared.CLAIMING] = 2;
    expect(knownSettled(queue, log)).toBeUndefined();
  });
});
