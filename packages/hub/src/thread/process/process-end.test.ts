// What the next process of a consumer begins with: all that the last one had claimed and not settled, whatever the hub had
// come to know of it.
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../files/memory-files.js';
import { publishHeld, readHeld } from '../../queue/held.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';
import { SettleLog } from '../../settlement/settle-log.js';
import { SettleKind } from '../../settlement/settle-record.js';
import { settleLogName } from '../../settlement/settled-state.js';
import { takeBackProcess } from './process-end.js';
import type { ProcessEnd } from './protocol.js';

const QUEUE = '/queue';
const SETTLED = `${QUEUE}/settled`;
const BEGIN = { firstIncarnation: 3, alreadySettled: [], retries: [], cautiousBelow: 0 };
const KILLED: ProcessEnd = { inOrder: false, why: 'it ended by SIGKILL', inFlight: [] };

let files: MemoryFiles;
let queue: QueueShared;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(SETTLED);
  queue = newQueue({ threads: 2, mostInFlight: 8, maxRetrying: 8 });
  queue.enqueued.set(10_000);
  queue.beginAt(100);
});

const thread = (index: number): ThreadShared => queue.threads[index] as ThreadShared;
const logOf = (index: number, incarnation: number): SettleLog =>
  new SettleLog({ files, directory: SETTLED, name: settleLogName(index, incarnation), queueNumber: 1 });
const started = (ordinal: number, crashes = 0) => ({
  ordinal,
  attempt: 0,
  crashes,
  delayMs: 0,
  failedAt: 1_000,
  firstAt: 1_000,
});

const left: unknown[] = [];
function takeBack(end: ProcessEnd = KILLED) {
  left.length = 0;
  return takeBackProcess({
    files,
    queue,
    queueNumber: 1,
    queueDirectory: QUEUE,
    end,
    begin: BEGIN,
    left: (threadIndex, entries) => left.push([threadIndex, entries]),
  });
}

describe('after the end of a process', () => {
  it('its threads keep what they had held and not settled, and what they had claimed since is free again', () => {
    publishHeld(thread(0), [{ from: 90, to: 95 }]);
    publishHeld(thread(1), [{ from: 95, to: 100 }]);
    const log = logOf(0, 3);
    for (const ordinal of [90, 91, 100, 101, 105]) log.add(SettleKind.ACKNOWLEDGED, ordinal, 10);
    log.flush();
    const next = takeBack();
    expect(queue.threads.map(readHeld)).toEqual([[{ from: 92, to: 95 }], [{ from: 95, to: 100 }]]);
    expect(left).toEqual([
      [0, [{ from: 92, to: 95 }]],
      [1, [{ from: 95, to: 100 }]],
    ]);
    expect(queue.cursor.get()).toBe(100);
    expect(next.alreadySettled).toEqual([
      { from: 100, to: 102 },
      { from: 105, to: 106 },
    ]);
    expect([thread(0).settled.get(), thread(0).settledBytes.get()]).toEqual([5, 50]);
  });

  it('nobody is blamed for it at first; deliveries that may have been in flight are written down as they begin', () => {
    thread(0).numbers[ThreadShared.CURRENT] = 96;
    publishHeld(thread(0), [{ from: 90, to: 100 }]);
    const next = takeBack();
    expect(next.retries).toEqual([]);
    expect(next.cautiousBelow).toBeGreaterThan(100 + 256);
  });

  it('a delivery that was written down and has not ended counts the crash', () => {
    publishHeld(thread(0), [{ from: 90, to: 100 }]);
    const log = logOf(0, 3);
    for (const ordinal of [90, 91]) log.start(started(ordinal));
    log.add(SettleKind.ACKNOWLEDGED, 90, 10);
    log.flush();
    expect(takeBack().retries).toMatchObject([{ ordinal: 91, attempt: 0, crashes: 1 }]);
  });

  it('what was in flight in a thread that could not be ended counts the crash, and nothing else does', () => {
    publishHeld(thread(0), [{ from: 90, to: 95 }]);
    publishHeld(thread(1), [{ from: 95, to: 100 }]);
    const log = logOf(0, 3);
    log.start(started(90));
    log.flush();
    const { retries } = takeBack({ ...KILLED, inFlight: [[], [96, 97]] });
    expect(retries).toMatchObject([
      { ordinal: 96, crashes: 1 },
      { ordinal: 97, crashes: 1 },
    ]);
  });

  it('a crash that was counted is not forgotten when the next process ends before it has written that down', () => {
    publishHeld(thread(1), [{ from: 95, to: 100 }]);
    const begin = takeBack({ ...KILLED, inFlight: [[], [96]] });
    const again = takeBackProcess({
      files,
      queue,
      queueNumber: 1,
      queueDirectory: QUEUE,
      end: KILLED,
      begin,
      left: () => {},
    });
    expect(again.retries).toMatchObject([{ ordinal: 96, crashes: 1 }]);
  });

  it('in order, no crash is counted, and nothing has to be written down', () => {
    const log = logOf(0, 3);
    log.start(started(101));
    log.flush();
    expect(takeBack({ ...KILLED, inOrder: true })).toMatchObject({ retries: [], cautiousBelow: 0 });
  });

  it('no number of an incarnation is used twice, also of one whose log said nothing', () => {
    logOf(1, 7).close();
    files.makeDirectory(`${QUEUE}/dead`);
    files.create(`${QUEUE}/dead/t0-9-2.seg`).close();
    expect(takeBack().firstIncarnation).toBe(10);
  });
});
