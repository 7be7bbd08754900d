// The memory that a queue's parties share, and nothing else passes between them: every slot, its unit and its
// single writer. Never a lock: an ended thread would not unlock it.
//
// Head, 2 KiB:
//   i32 WAKE            changes when there is something new; waited on       journal thread, main (by add)
//   i32 STOPPING        1 when the threads are to finish and end             main
//   i64 ENQUEUED        entries put into the queue; the next one's ordinal   journal thread
//   i64 ENQUEUED_BYTES  bytes of their records                               journal thread
//   i64 CURSOR          ordinal of the next entry to be claimed              any thread, by compare-and-swap
//   i64 SETTLED_BEFORE, SETTLED_BYTES_BEFORE   settled before this start     main
//   f64 PEAKS           64 times: second, highest backlog in it              journal thread
// For each thread:
//   i32 STATE           of ThreadStates                                      main (starting, backoff, stopped), thread (running)
//   i32 IN_FLIGHT       deliveries in flight                                 thread
//   i32 HELD_VERSION    which of the two lists of held entries is current    thread
//   i32 CLAIMING        1 while the list tells of a claim not yet made       thread; main while the thread is down
//   i64 SETTLED, SETTLED_BYTES                 settled by this thread        thread; main while the thread is down
//   f64 FAILURES, DAMAGED, LOG_LINES_DROPPED   counts                        thread
//   f64 histograms      consume duration, queue wait: counts, then the sum   thread
//   f64 HELD            twice: number of intervals, then from and to of each thread; main while the thread is down
//   f64 SLOTS           ordinal + 1 of an entry under way, 0 for none        thread; main while the thread is down
// Counters of 64 bits go through Atomics; the f64 are only shown to people.

/** Most buckets that a histogram here can have. */
export const HISTOGRAM_SLOTS = 48;
const PEAK_SLOTS = 64;
const HEAD_BYTES = 2_048;
const PEAKS_AT = 512;
const THREAD_FIXED_BYTES = 128 + 2 * (HISTOGRAM_SLOTS + 1) * 8;

/** Deliveries that have ended but whose publishes are not committed yet, at most, in one thread. */
export const MOST_UNCOMMITTED = 256;

export const ThreadStates = ['stopped', 'starting', 'running', 'backoff'] as const;

/** How many entries of a thread can be under way: in flight, waiting for a commit, or settled in this turn. */
const slotCapacity = (concurrency: number): number => concurrency + 2 * MOST_UNCOMMITTED;

/** How many intervals of held entries a thread can have beside those: what an ended thread left, and its own runs. */
export const heldCapacity = (concurrency: number): number => slotCapacity(concurrency) + 8;

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
const threadBytes = (concurrency: number): number =>
  align(THREAD_FIXED_BYTES + 2 * (1 + 2 * heldCapacity(concurrency)) * 8 + slotCapacity(concurrency) * 8);

/** A 64-bit counter, as a number: counts stay far below 2^53. */
export class Counter {
  readonly #cell: BigInt64Array;

  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#cell = new BigInt64Array(buffer, offset, 1);
  }

  get(): number {
    return Number(Atomics.load(this.#cell, 0));
  }

  set(value: number): void {
    Atomics.store(this.#cell, 0, BigInt(value));
  }

  /** Sets it to `to` if it is `from`; returns whether it was. */
  swap(from: number, to: number): boolean {
    const expected = BigInt(from);
    return Atomics.compareExchange(this.#cell, 0, expected, BigInt(to)) === expected;
  }
}

/** A histogram's buckets: written by one thread, read by anyone. */
export class SharedHistogram {
  readonly counts: Float64Array;
  readonly #sum: Float64Array;

  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.counts = new Float64Array(buffer, offset, HISTOGRAM_SLOTS);
    this.#sum = new Float64Array(buffer, offset + HISTOGRAM_SLOTS * 8, 1);
  }

  add(bucket: number, value: number): void {
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.#sum[0] = (this.#sum[0] as number) + value;
  }

  get sum(): number {
    return this.#sum[0] as number;
  }
}

/** What belongs to one thread of the consumer. */
export class ThreadShared {
  readonly settled: Counter;
  readonly settledBytes: Counter;
  readonly consumeDuration: SharedHistogram;
  readonly queueWait: SharedHistogram;
  /** Plain slots of the one writer: `words[IN_FLIGHT]`, `numbers[FAILURES]`, … */
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly held: readonly [Float64Array, Float64Array];
  readonly slots: Float64Array;

  static readonly STATE = 0;
  static readonly IN_FLIGHT = 1;
  static readonly HELD_VERSION = 2;
  static readonly CLAIMING = 3;

  static readonly FAILURES = 0;
  static readonly DAMAGED = 1;
  static readonly LOG_LINES_DROPPED = 2;

  constructor(buffer: SharedArrayBuffer, offset: number, concurrency: number) {
    this.words = new Int32Array(buffer, offset, 4);
    this.settled = new Counter(buffer, offset + 16);
    this.settledBytes = new Counter(buffer, offset + 24);
    this.numbers = new Float64Array(buffer, offset + 64, 8);
    const histogramBytes = (HISTOGRAM_SLOTS + 1) * 8;
    this.consumeDuration = new SharedHistogram(buffer, offset + 128);
    this.queueWait = new SharedHistogram(buffer, offset + 128 + histogramBytes);
    const heldSlots = 1 + 2 * heldCapacity(concurrency);
    const heldAt = offset + THREAD_FIXED_BYTES;
    this.held = [
      new Float64Array(buffer, heldAt, heldSlots),
      new Float64Array(buffer, heldAt + heldSlots * 8, heldSlots),
    ];
    this.slots = new Float64Array(buffer, heldAt + 2 * heldSlots * 8, slotCapacity(concurrency));
  }

  get state(): (typeof ThreadStates)[number] {
    return ThreadStates[Atomics.load(this.words, ThreadShared.STATE)] ?? 'stopped';
  }

  set state(state: (typeof ThreadStates)[number]) {
    Atomics.store(this.words, ThreadShared.STATE, ThreadStates.indexOf(state));
  }
}

/** One queue's shared memory. */
export class QueueShared {
  readonly buffer: SharedArrayBuffer;
  readonly enqueued: Counter;
  readonly enqueuedBytes: Counter;
  readonly cursor: Counter;
  readonly settledBefore: Counter;
  readonly settledBytesBefore: Counter;
  readonly threads: readonly ThreadShared[];
  /** Waited on with Atomics.waitAsync at index 0. */
  readonly wake: Int32Array;
  readonly #stopping: Int32Array;
  readonly #peaks: Float64Array;

  static allocate(threads: number, concurrency: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD_BYTES + threads * threadBytes(concurrency));
  }

  constructor(buffer: SharedArrayBuffer, threads: number, concurrency: number) {
    this.buffer = buffer;
    this.wake = new Int32Array(buffer, 0, 1);
    this.#stopping = new Int32Array(buffer, 64, 1);
    this.enqueued = new Counter(buffer, 128);
    this.enqueuedBytes = new Counter(buffer, 136);
    this.cursor = new Counter(buffer, 192);
    this.settledBefore = new Counter(buffer, 256);
    this.settledBytesBefore = new Counter(buffer, 264);
    this.#peaks = new Float64Array(buffer, PEAKS_AT, PEAK_SLOTS * 2);
    this.threads = Array.from(
      { length: threads },
      (_, index) => new ThreadShared(buffer, HEAD_BYTES + index * threadBytes(concurrency), concurrency),
    );
  }

  get stopping(): boolean {
    return Atomics.load(this.#stopping, 0) === 1;
  }

  /** Tells the threads to finish what is in flight and end, or (before they start) to go on. */
  set stopping(stopping: boolean) {
    Atomics.store(this.#stopping, 0, stopping ? 1 : 0);
    this.notify();
  }

  /** Wakes the threads that wait for something new. */
  notify(): void {
    Atomics.add(this.wake, 0, 1);
    Atomics.notify(this.wake, 0);
  }

  /** Entries settled so far, by whomever. */
  settled(): number {
    return this.threads.reduce((sum, thread) => sum + thread.settled.get(), this.settledBefore.get());
  }

  settledBytes(): number {
    return this.threads.reduce((sum, thread) => sum + thread.settledBytes.get(), this.settledBytesBefore.get());
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

/** The second of the clock that all threads share and nobody sets. */
export const monotonicSecond = (): number => process.hrtime()[0];
