// After a consumer's thread has ended by itself: which entries it held and had not settled. They go to the
// thread that takes its place; nothing else is given back, so that nothing is delivered twice by two threads.
import type { Files } from '../files/files.js';
import { clearSlots, publishHeld, readHeld } from '../queue/held.js';
import { type Interval, IntervalSet } from '../queue/interval-set.js';
import { type QueueShared, ThreadShared } from '../queue/shared.js';
import { isOutcome, readSettleLog, SettleKind } from '../settlement/settle-record.js';
import { readSettledState, settleLogName } from '../settlement/settled-state.js';

export interface EndedThread {
  readonly files: Files;
  readonly queue: QueueShared;
  readonly queueNumber: number;
  readonly settledDirectory: string;
  readonly threadIndex: number;
  readonly incarnation: number;
  /** What the thread's counters said when this incarnation began. */
  readonly settledAtStart: number;
  readonly settledBytesAtStart: number;
}

/**
 * Whether a live thread may be telling of a claim that another has made before it. Once each has been seen not to be,
 * what an ended thread held can be told from what the others hold: later claims lie beyond it.
 */
export function isClaiming(thread: ThreadShared): boolean {
  return thread.state === 'running' && Atomics.load(thread.words, ThreadShared.CLAIMING) === 1;
}

/** Brings the ended thread's counters in line with its log, and returns the entries it leaves. */
export function takeBackEntries(ended: EndedThread): Interval[] {
  const { files, queue, queueNumber, settledDirectory, threadIndex } = ended;
  const thread = queue.threads[threadIndex] as ThreadShared;
  recount(ended, thread);
  // In this order: a thread holds before it claims, and settles before it lets go.
  const cursor = queue.cursor.get();
  const others = queue.threads.filter((each) => each !== thread).flatMap(readHeld);
  const gone = IntervalSet.of([...readSettledState(files, settledDirectory, queueNumber).settled, ...others]);
  // It may have ended between telling that it would claim entries and claiming them.
  const held = IntervalSet.of(readHeld(thread).map(({ from, to }) => ({ from, to: Math.min(to, cursor) })));
  const returned = [...held].flatMap(({ from, to }) => gone.gaps(from, to));
  publishHeld(thread, returned);
  clearSlots(thread);
  Atomics.store(thread.words, ThreadShared.CLAIMING, 0);
  return returned;
}

/** What is written is settled, whether or not the thread had come to count it. */
function recount(
  { files, queueNumber, settledDirectory, threadIndex, incarnation, ...ended }: EndedThread,
  thread: ThreadShared,
): void {
  const name = settleLogName(threadIndex, incarnation);
  if (!files.list(settledDirectory).includes(name)) return;
  const { records } = readSettleLog(files, `${settledDirectory}/${name}`, queueNumber);
  const counted = records.filter(({ kind }) => isOutcome(kind) || kind === SettleKind.BELOW);
  thread.settledBytes.set(counted.reduce((sum, { bytes }) => sum + bytes, ended.settledBytesAtStart));
  thread.settled.set(counted.reduce((sum, { count }) => sum + count, ended.settledAtStart));
  // A thread that keeps ending at once would leave a file each time.
  if (records.length === 0) files.remove(`${settledDirectory}/${name}`);
}
