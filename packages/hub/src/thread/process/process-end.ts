// After a consumer's own process has ended: what the logs on disk say beyond the last mirror, and what the next process
// begins with. What it had claimed and not settled comes back, as after the end of a thread; what exactly was in flight is
// known only where it was written down (START), or where a thread did not move any more.
import type { Files } from '../../files/files.js';
import { type Interval, IntervalSet } from '../../queue/interval-set.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';
import { blameCrash, cautiousBelow, withCounted, withCrashed } from '../../settlement/hub-crash.js';
import type { PendingRetry } from '../../settlement/settle-record.js';
import { readSettledState, type SettledState } from '../../settlement/settled-state.js';
import { takeBackEntries } from '../returned-entries.js';
import type { ProcessBegin } from './process-options.js';
import type { ProcessEnd } from './protocol.js';

export interface EndedProcess {
  readonly files: Files;
  /** The hub's memory of the queue, with the last mirror in it. */
  readonly queue: QueueShared;
  readonly queueNumber: number;
  readonly queueDirectory: string;
  readonly end: ProcessEnd;
  /** What it had begun with. */
  readonly begin: ProcessBegin;
  /** Called with the entries that each thread has left. */
  readonly left: (threadIndex: number, entries: readonly Interval[]) => void;
}

/**
 * Brings the hub's memory of the queue in line with the logs, and tells what the next process begins with.
 *
 * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED, and what a file cannot be read with: it can be tried again then.
 */
export function takeBackProcess(ended: EndedProcess): ProcessBegin {
  const { files, queue, queueNumber, queueDirectory, end, begin, left } = ended;
  const settledDirectory = `${queueDirectory}/settled`;
  // Before the logs that say nothing go, whose numbers may be those of dead letters' files.
  const firstIncarnation = nextIncarnation(files, queueDirectory, begin.firstIncarnation);
  for (const [index, thread] of queue.threads.entries()) putDown(thread, end.inFlight[index] ?? []);
  const state = readSettledState(files, settledDirectory, queueNumber);
  const returned = queue.threads.map((_, index) =>
    takeBackEntries({ files, queue, queueNumber, settledDirectory, holder: index, counted: begin.retries }),
  );
  for (const [index, each] of returned.entries()) left(index, each.returned);
  const crashed = returned.flatMap((each) => each.crashed);
  const blamed = end.inOrder || crashed.length > 0 ? [] : (blameCrash([state], Date.now())[0] ?? []);
  const cursor = queue.lowestCursor();
  return {
    firstIncarnation,
    alreadySettled: fromCursor([...state.settled], cursor),
    retries: withCrashed(withCounted(state.retries, unsettled(begin.retries, state)), [...blamed, ...crashed]),
    cautiousBelow: end.inOrder ? begin.cautiousBelow : cautiousFrom(state.settled, queue, begin),
  };
}

/** Of a thread that is gone with its process: nothing is being claimed, and what was in flight is what is known to have been. */
function putDown(thread: ThreadShared, inFlight: readonly number[]): void {
  const { words, numbers, slots } = thread;
  thread.state = 'stopped';
  Atomics.store(words, ThreadShared.CLAIMING, 0);
  numbers[ThreadShared.CURRENT] = 0;
  for (const [slot, ordinal] of inFlight.entries()) slots[slot] = -(ordinal + 1);
}

const unsettled = (retries: readonly PendingRetry[], { settled }: SettledState): PendingRetry[] =>
  retries.filter(({ ordinal }) => !settled.has(ordinal));

/** The ordinal below which a delivery can have been in flight. */
function cautiousFrom(settled: IntervalSet, queue: QueueShared, begin: ProcessBegin): number {
  const highest = Math.max(
    [...settled].at(-1)?.to ?? 0,
    queue.cursor.get(),
    ...queue.threads.map((t) => t.cursor.get()),
  );
  return Math.max(
    begin.cautiousBelow,
    cautiousBelow(IntervalSet.of([{ from: 0, to: highest }]), queue.enqueued.get(), queue.shape),
  );
}

function fromCursor(intervals: readonly Interval[], cursor: number): Interval[] {
  return intervals.filter(({ to }) => to > cursor).map(({ from, to }) => ({ from: Math.max(from, cursor), to }));
}

const NAMED_FOR_INCARNATION = /^t\d+-(\d+)[-.]/;

/** One that no file of the queue is named for. */
function nextIncarnation(files: Files, queueDirectory: string, least: number): number {
  const names = ['settled', 'dead'].flatMap((folder) => files.list(`${queueDirectory}/${folder}`));
  const used = names.map((name) => Number(NAMED_FOR_INCARNATION.exec(name)?.[1] ?? 0));
  return used.reduce((next, incarnation) => Math.max(next, incarnation + 1), least + 1);
}
