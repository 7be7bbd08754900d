// What an ended thread leaves: all that it held and nobody has settled, nothing that another holds, and counters
// that say what its log says.
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { publishHeld, readHeld } from '../queue/held.js';
import { newQueue } from '../queue/queue-shape.fixture.js';
import { type QueueShared, ThreadShared } from '../queue/shared.js';
import { SettleLog } from '../settlement/settle-log.js';
import { type PendingRetry, SettleKind, SettleReason } from '../settlement/settle-record.js';
import { type LogWriter, settleLogName } from '../settlement/settled-state.js';
import { othersHaveClaimed, takeBackEntries } from './returned-entries.js';

const DIRECTORY = '/settled';
const INCARNATION = 4;

let files: MemoryFiles;
let queue: QueueShared;
let thread: ThreadShared;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(DIRECTORY);
  useQueue();
});

function useQueue(shape = {}): void {
  queue = newQueue({ threads: 2, mostInFlight: 8, maxRetrying: 8, overflow: true, ...shape });
  queue.enqueued.set(1_000);
  queue.beginAt(100);
  thread = queue.threads[0] as ThreadShared;
}

const logOf = (writer: LogWriter = 0, incarnation = INCARNATION): SettleLog =>
  new SettleLog({ files, directory: DIRECTORY, name: settleLogName(writer, incarnation), queueNumber: 1 });

const retryOf = (ordinal: number, attempt: number): PendingRetry => ({
  ordinal,
  attempt,
  crashes: 0,
  delayMs: 100,
  failedAt: 2_000,
  firstAt: 1_000,
});

const takeBack = (holder: number | 'overflow' = 0) =>
  takeBackEntries({ files, queue, queueNumber: 1, settledDirectory: DIRECTORY, holder });
const word = (holder: ThreadShared, index: number) => Atomics.load(holder.words, index);

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
    expect(takeBack()).toEqual({ returned: left, retries: [], crashed: [] });
    expect(readHeld(thread)).toEqual(left);
    expect([thread.settled.get(), thread.settledBytes.get()]).toEqual([4, 28]);
  });

  it('do not come from a claim that it had only announced', () => {
    publishHeld(thread, [
      { from: 95, to: 100 },
      { from: 100, to: 356 },
    ]);
    Atomics.store(thread.words, ThreadShared.CLAIMING, 1);
    expect(takeBack().returned).toEqual([{ from: 95, to: 100 }]);
    expect(word(thread, ThreadShared.CLAIMING)).toBe(0);
  });

  it('of a queue whose threads have a share each come from what it claimed of its own', () => {
    useQueue({ partitioned: true });
    thread.cursor.set(120);
    (queue.threads[1] as ThreadShared).cursor.set(300);
    publishHeld(thread, [
      { from: 118, to: 120 },
      { from: 125, to: 130 },
    ]);
    expect(takeBack().returned).toEqual([{ from: 118, to: 120 }]);
  });

  it('come with what is known of those that had failed, in this run of the hub or before it', () => {
    publishHeld(thread, [{ from: 10, to: 20 }]);
    const main = logOf('main', 1);
    for (const ordinal of [12, 13, 14, 50]) main.retry(retryOf(ordinal, 1));
    main.flush();
    const log = logOf();
    log.retry(retryOf(12, 2));
    log.retry(retryOf(15, 1));
    log.add(SettleKind.DEAD, 13, 7, SettleReason.ATTEMPTS);
    log.flush();
    const { retries } = takeBack();
    expect(retries).toEqual([retryOf(12, 2), retryOf(14, 1), retryOf(15, 1)]);
    expect(queue.retrying()).toBe(3);
  });

  it('come with crashes that it was told of and had not come to write down', () => {
    publishHeld(thread, [{ from: 10, to: 20 }]);
    const log = logOf();
    log.retry({ ...retryOf(12, 1), crashes: 2 });
    log.flush();
    const counted = [12, 14, 50].map((ordinal) => ({ ...retryOf(ordinal, 0), crashes: 1 }));
    thread.numbers[ThreadShared.CURRENT] = 15;
    const ended = { files, queue, queueNumber: 1, settledDirectory: DIRECTORY, holder: 0, counted };
    const { retries, crashed } = takeBackEntries(ended);
    expect(retries.map(({ ordinal, attempt, crashes }) => [ordinal, attempt, crashes])).toEqual([
      [12, 1, 2],
      [14, 0, 2],
    ]);
    expect(crashed.map(({ ordinal }) => ordinal)).toEqual([14]);
  });

  it('are neither in flight nor waiting for a retry, whatever it had said of itself', () => {
    publishHeld(thread, [{ from: 10, to: 20 }]);
    Atomics.store(thread.words, ThreadShared.IN_FLIGHT, 5);
    Atomics.store(thread.words, ThreadShared.RETRYING, 3);
    takeBack();
    expect([word(thread, ThreadShared.IN_FLIGHT), word(thread, ThreadShared.RETRYING)]).toEqual([0, 0]);
  });

  it('wake the other threads, which may have waited for fewer retries than it had said', () => {
    const woken = Atomics.load(queue.wake, 0);
    takeBack();
    expect(Atomics.load(queue.wake, 0)).not.toBe(woken);
  });

  it('are not those of a claim that another made meanwhile, held still or settled', () => {
    publishHeld(thread, [{ from: 60, to: 90 }]);
    publishHeld(queue.threads[1] as ThreadShared, [{ from: 70, to: 90 }]);
    const other = logOf(1, 3);
    for (let ordinal = 60; ordinal < 70; ordinal++) other.add(SettleKind.ACKNOWLEDGED, ordinal, 7);
    other.flush();
    expect(takeBack().returned).toEqual([]);
    expect(thread.settled.get()).toBe(0);
  });

  it('are all that it held when it had settled nothing, and its empty log is gone', () => {
    publishHeld(thread, [{ from: 0, to: 100 }]);
    logOf().flush();
    expect(takeBack().returned).toEqual([{ from: 0, to: 100 }]);
    expect(files.list(DIRECTORY)).toEqual([]);
    expect([thread.settled.get(), thread.settledBytes.get()]).toEqual([0, 0]);
  });

  it('are all that it held when it ended before it had a log', () => {
    publishHeld(thread, [{ from: 3, to: 4 }]);
    const earlier = logOf(0, INCARNATION - 1);
    for (const ordinal of [0, 1, 2]) earlier.add(SettleKind.ACKNOWLEDGED, ordinal, 10);
    earlier.flush();
    expect(takeBack().returned).toEqual([{ from: 3, to: 4 }]);
    expect([thread.settled.get(), thread.settledBytes.get()]).toEqual([3, 30]);
  });

  it('are counted as its logs say, also those of earlier incarnations and those that were compacted', () => {
    publishHeld(thread, [{ from: 50, to: 100 }]);
    const earlier = logOf(0, INCARNATION - 2);
    for (let ordinal = 0; ordinal < 10; ordinal++) earlier.add(SettleKind.ACKNOWLEDGED, ordinal, 2);
    earlier.flush();
    const log = logOf();
    for (let ordinal = 10; ordinal < 50; ordinal++) log.add(SettleKind.ACKNOWLEDGED, ordinal, 2);
    log.add(SettleKind.DAMAGED, 60, 2);
    const settled = [
      { from: 0, to: 50 },
      { from: 60, to: 61 },
    ];
    log.compact(settled);
    log.add(SettleKind.ACKNOWLEDGED, 70, 2);
    log.flush();
    takeBack();
    expect([thread.settled.get(), thread.settledBytes.get()]).toEqual([52, 104]);
    expect(readHeld(thread).map(({ from, to }) => to - from)).toEqual([10, 9, 29]);
  });

  it('are counted by outcome as its log says, whatever it had come to count', () => {
    publishHeld(thread, [{ from: 50, to: 100 }]);
    const log = logOf();
    log.add(SettleKind.DAMAGED, 50, 2);
    log.add(SettleKind.DROPPED, 51, 2, SettleReason.CONSUMER);
    log.add(SettleKind.DROPPED, 52, 2, SettleReason.CONSUMER);
    log.add(SettleKind.DEAD, 53, 2, SettleReason.CONSUMER);
    log.add(SettleKind.DEAD, 54, 2, SettleReason.ATTEMPTS);
    log.add(SettleKind.DEAD, 55, 2, SettleReason.ATTEMPTS);
    log.flush();
    takeBack();
    const { DAMAGED, DROPPED, DEAD, DEAD_ATTEMPTS } = ThreadShared;
    expect([DAMAGED, DROPPED, DEAD, DEAD_ATTEMPTS].map((slot) => thread.numbers[slot])).toEqual([1, 2, 1, 2]);
  });

  it('are those of the overflow thread as well, which has a log and a place of its own', () => {
    const overflow = queue.overflow as ThreadShared;
    publishHeld(overflow, [{ from: 90, to: 100 }]);
    publishHeld(thread, [{ from: 80, to: 90 }]);
    const log = logOf('overflow');
    for (const ordinal of [90, 91]) log.add(SettleKind.DROPPED, ordinal, 5, SettleReason.QUEUE_FULL);
    log.flush();
    expect(takeBack('overflow')).toEqual({ returned: [{ from: 92, to: 100 }], retries: [], crashed: [] });
    expect([overflow.settled.get(), overflow.settledBytes.get()]).toEqual([2, 10]);
    expect([overflow.numbers[ThreadShared.DROPPED], thread.settled.get()]).toEqual([2, 0]);
  });
});

it('an ended thread’s entries are looked for once no other, the overflow thread either, is in the middle of a claim', async () => {
  const overflow = queue.overflow as ThreadShared;
  thread.state = 'running';
  overflow.state = 'running';
  Atomics.store(thread.words, ThreadShared.CLAIMING, 1);
  Atomics.store(overflow.words, ThreadShared.CLAIMING, 1);
  let resolved = false;
  const claimed = othersHaveClaimed(queue, thread).then(() => {
    resolved = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(resolved).toBe(false);
  Atomics.store(overflow.words, ThreadShared.CLAIMING, 0);
  await claimed;
});

describe('the entries that an ended thread was delivering', () => {
  it('count the crash, in line and beside each other, and no other entry does', () => {
    publishHeld(thread, [{ from: 10, to: 20 }]);
    thread.numbers[ThreadShared.CURRENT] = 12 + 1;
    thread.slots[0] = -(40 + 1);
    thread.slots[1] = 41 + 1;
    const log = logOf();
    log.retry(retryOf(40, 2));
    log.retry({ ...retryOf(41, 1), crashes: 1 });
    log.flush();
    const left = takeBack();
    expect(left.crashed.map(({ ordinal, attempt, crashes }) => ({ ordinal, attempt, crashes }))).toEqual([
      { ordinal: 12, attempt: 0, crashes: 1 },
      { ordinal: 40, attempt: 2, crashes: 1 },
    ]);
    expect(left.retries.map(({ ordinal, crashes }) => [ordinal, crashes])).toEqual([
      [12, 1],
      [40, 1],
      [41, 1],
    ]);
    expect(left.retries.find(({ ordinal }) => ordinal === 40)).toMatchObject({ delayMs: 0, firstAt: 1_000 });
    // Asked once more, it ends at nothing.
    expect(takeBack().crashed).toEqual([]);
  });

  it('count none when they were settled by then', () => {
    publishHeld(thread, [{ from: 10, to: 20 }]);
    thread.numbers[ThreadShared.CURRENT] = 12 + 1;
    const log = logOf();
    for (const ordinal of [10, 11, 12]) log.add(SettleKind.ACKNOWLEDGED, ordinal, 7);
    log.flush();
    expect(takeBack()).toEqual({ returned: [{ from: 13, to: 20 }], retries: [], crashed: [] });
  });
});
