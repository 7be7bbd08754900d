// The memory that a queue's parties share, and nothing else passes between them: every slot, its unit and its
// single writer. Never a lock: an ended thread would not unlock it.
//
// Head, 2 KiB:
//   i32 WAKE            changes when there is something new; waited on       journal thread, main (by add)
//   i32 STOPPING        1 when the threads are to finish and end             main
//   i32 PAUSED          1 while no delivery is to begin                      main; a thread whose consumer halts sets it
//   i64 ENQUEUED        entries put into the queue; the next one's ordinal   journal thread
//   i64 ENQUEUED_BYTES  bytes of their records                               journal thread
//   i64 CURSOR          ordinal of the next entry to be claimed              any holder, by compare-and-swap
//   i64 SETTLED_BEFORE, SETTLED_BYTES_BEFORE   settled before this start     main
//   i64 RATE_TURN       turns drawn under the rate limit                     any thread, by compare-and-swap
//   f64 PEAKS           64 times: second, highest backlog in it              journal thread
// For each holder, which is each thread and, where the backlog is bounded, the overflow thread behind them:
//   i32 STATE           of ThreadStates                                      main (starting, backoff, stopped), thread (running)
//   i32 IN_FLIGHT       deliveries in flight                                 holder; main while the thread is down
//   i32 HELD_VERSION    which of the two lists of held entries is current    holder
//   i32 CLAIMING        while the list tells of a claim not yet made: 1 and  holder; main while the thread is down
//                       the number of the share it is to be made from
//   i32 RETRYING        entries that wait for a retry, or behind one         thread; main while the thread is down
//   i64 SETTLED, SETTLED_BYTES                 settled by this holder        holder; main while the thread is down
//   i64 CURSOR          of a partitioned queue: all below that is this       thread, overflow; by compare-and-swap
//                       thread's share is claimed
//   i32 HEARTBEAT       counts up while its event loop turns; 0 until it     thread; main while it is down
//                       has begun to
//   i32 THREAD          which worker runs it                                 thread; main while it is down
//   f64 FAILURES, DAMAGED, …                   counts                        holder; main, of outcomes, while it is down
//   f64 CURRENT, CURRENT_POSITION              what it is delivering         thread; main while it is down
//   f64 histograms      consume duration, queue wait: counts, then the sum   thread
//   f64 HELD            twice: number of intervals, then from and to of each holder; main while the thread is down
//   f64 SLOTS           ordinal + 1 of an entry under way, 0 for none;       holder; main while the thread is down
//                       negative while its delivery is in flight
// Behind them:
//   i64 RATE_TURNS      when each of the last turns under the rate limit     any thread, by compare-and-swap
//                       was drawn, ns of process.hrtime.bigint()
// Counters of 64 bits go through Atomics; the f64 are only shown to people, but for HELD and SLOTS.

import { Counter, holderBytes, holderCount, type QueueShape, ThreadShared } from './shared-thread.js';

export {
  type Counter,
  HISTOGRAM_SLOTS,
  heldCapacity,
  MOST_UNCOMMITTED,
  NO_THREADS,
  type QueueShape,
  SharedHistogram,
  ThreadShared,
  ThreadStates,
} from './shared-thread.js';

const PEAK_SLOTS = 64;
const HEAD_BYTES = 2_048;
const PEAKS_AT = 512;

/** One queue's shared memory. */
export class QueueShared {
  readonly buffer: SharedArrayBuffer;
  readonly shape: QueueShape;
  readonly enqueued: Counter;
  readonly enqueuedBytes: Counter;
  readonly cursor: Counter;
  readonly settledBefore: Counter;
  readonly settledBytesBefore: Counter;
  /** The consumer's threads. */
  readonly threads: readonly ThreadShared[];
  /** What takes the oldest out of a backlog that is too long, where there is a bound. */
  readonly overflow: ThreadShared | undefined;
  /** All who can hold entries: the threads, and the overflow thread. */
  readonly holders: readonly ThreadShared[];
  /** Waited on with Atomics.waitAsync at index 0. */
  readonly wake: Int32Array;
  /** How many turns were drawn under the rate limit, at index 0; moved on by compare-and-swap (rate-limiter.ts). */
  readonly rateTurn: BigInt64Array;
  /** By turn modulo its length: when it was drawn, in nanoseconds of `process.hrtime.bigint()`; 0 for never. */
  readonly rateTurns: BigInt64Array;
  readonly #stopping: Int32Array;
  readonly #paused: Int32Array;
  readonly #peaks: Float64Array;

  static allocate(shape: QueueShape): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD_BYTES + holderCount(shape) * holderBytes(shape) + shape.rateTurns * 8);
  }

  constructor(buffer: SharedArrayBuffer, shape: QueueShape) {
    this.buffer = buffer;
    this.shape = shape;
    this.wake = new Int32Array(buffer, 0, 1);
    this.#stopping = new Int32Array(buffer, 64, 1);
    this.#paused = new Int32Array(buffer, 68, 1);
    this.enqueued = new Counter(buffer, 128);
    this.enqueuedBytes = new Counter(buffer, 136);
    this.cursor = new Counter(buffer, 192);
    this.settledBefore = new Counter(buffer, 256);
    this.settledBytesBefore = new Counter(buffer, 264);
    this.rateTurn = new BigInt64Array(buffer, 320, 1);
    this.#peaks = new Float64Array(buffer, PEAKS_AT, PEAK_SLOTS * 2);
    this.holders = Array.from(
      { length: holderCount(shape) },
      (_, index) => new ThreadShared(buffer, HEAD_BYTES + index * holderBytes(shape), shape),
    );
    this.threads = this.holders.slice(0, shape.threads);
    this.overflow = this.holders[shape.threads];
    const rateTurnsAt = HEAD_BYTES + holderCount(shape) * holderBytes(shape);
    this.rateTurns = new BigInt64Array(buffer, rateTurnsAt, shape.rateTurns);
  }

  /** Below it, every entry is claimed: held by somebody, or settled. */
  lowestCursor(): number {
    if (!this.shape.partitioned) return this.cursor.get();
    return this.threads.reduce((lowest, { cursor }) => Math.min(lowest, cursor.get()), Number.POSITIVE_INFINITY);
  }

  /** Sets where claiming begins. Before any thread runs. */
  beginAt(ordinal: number): void {
    this.cursor.set(ordinal);
    for (const { cursor } of this.threads) cursor.set(ordinal);
  }

  /** Entries that wait for a retry, or behind one. */
  retrying(): number {
    return this.threads.reduce((sum, { words }) => sum + Atomics.load(words, ThreadShared.RETRYING), 0);
  }

  get stopping(): boolean {
    return Atomics.load(this.#stopping, 0) === 1;
  }

  /** Tells the threads to finish what is in flight and end, or (before they start) to go on. */
  set stopping(stopping: boolean) {
    Atomics.store(this.#stopping, 0, stopping ? 1 : 0);
    this.notify();
  }

  get paused(): boolean {
    return Atomics.load(this.#paused, 0) === 1;
  }

  /** Tells the threads to begin no delivery, or to go on. */
  set paused(paused: boolean) {
    Atomics.store(this.#paused, 0, paused ? 1 : 0);
    this.notify();
  }

  /** Wakes the threads that wait for something new. */
  notify(): void {
    Atomics.add(this.wake, 0, 1);
    Atomics.notify(this.wake, 0);
  }

  /** Entries settled so far, by whomever. */
  settled(): number {
    return this.holders.reduce((sum, holder) => sum + holder.settled.get(), this.settledBefore.get());
  }

  settledBytes(): number {
    return this.holders.reduce((sum, holder) => sum + holder.settledBytes.get(), this.settledBytesBefore.get());
  }

  /** Entries enqueued and not settled. Settled is read first, so that the difference is never too small. */
  backlog(): number {
    const settled = this.settled();
    return this.enqueued.get() - settled;
  }

  backlogBytes(): number {
    const settled = this.settledBytes();
    return this.enqueuedBytes.get() - settled;
  }

  /** Notes the backlog after a commit: it is at its highest there. `second` is of the monotonic clock. */
  notePeak(second: number, backlog: number): void {
    const at = (second % PEAK_SLOTS) * 2;
    if (this.#peaks[at] !== second) {
      this.#peaks[at + 1] = backlog;
      this.#peaks[at] = second;
    } else if (backlog > (this.#peaks[at + 1] as number)) this.#peaks[at + 1] = backlog;
  }

  /** The highest backlog noted in the `seconds` up to `second`, 60 at most. */
  peak(second: number, seconds: number): number {
    let highest = 0;
    for (let at = 0; at < this.#peaks.length; at += 2) {
      const age = second - (this.#peaks[at] as number);
      if (age >= 0 && age < seconds) highest = Math.max(highest, this.#peaks[at + 1] as number);
    }
    return highest;
  }
}

/** The clock that all threads share and nobody sets, in milliseconds. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Its second. */
export const monotonicSecond = (): number => process.hrtime()[0];
