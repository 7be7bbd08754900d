// The part of a queue's shared memory that belongs to one thread, and what its size follows from. The layout is
// described in shared.ts, with the rest.

/** Most buckets that a histogram here can have. */
export const HISTOGRAM_SLOTS = 48;
const HISTOGRAMS_AT = 192;
const HOLDER_FIXED_BYTES = HISTOGRAMS_AT + 2 * (HISTOGRAM_SLOTS + 1) * 8;

/** Deliveries that have ended but whose publishes are not committed yet, at most, in one thread. */
export const MOST_UNCOMMITTED = 256;

export const ThreadStates = ['stopped', 'starting', 'running', 'backoff'] as const;

/** What the size and the parts of a queue's shared memory follow from; the same for all who share it. */
export interface QueueShape {
  readonly threads: number;
  /** Entries that can be in flight in one thread. */
  readonly mostInFlight: number;
  /** Entries that can wait for a retry in one thread. */
  readonly maxRetrying: number;
  /** Whether each thread has a share of its own, and a cursor in it (`order: 'key'`). */
  readonly partitioned: boolean;
  /** Whether there is a thread that takes the oldest out of a backlog that is too long. */
  readonly overflow: boolean;
  /** Turns under the rate limit in one of its periods, each of which is remembered; 0 without a limit. */
  readonly rateTurns: number;
}

/** The shape of a queue that nothing is delivered from. */
export const NO_THREADS: QueueShape = {
  threads: 0,
  mostInFlight: 1,
  maxRetrying: 0,
  partitioned: false,
  overflow: false,
  rateTurns: 0,
};

/** How many entries of a holder can be under way: in flight, waiting for a retry or a commit, or settled in this turn. */
const slotCapacity = ({ mostInFlight, maxRetrying }: QueueShape): number =>
  mostInFlight + maxRetrying + 2 * MOST_UNCOMMITTED;

/** How many intervals of held entries a holder can have beside those: what an ended thread left, and its own runs. */
export const heldCapacity = (shape: QueueShape): number => slotCapacity(shape) + 264;

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
/** What one holder's part takes. */
export const holderBytes = (shape: QueueShape): number =>
  align(HOLDER_FIXED_BYTES + 2 * (1 + 2 * heldCapacity(shape)) * 8 + slotCapacity(shape) * 8);
/** How many holders there are. */
export const holderCount = ({ threads, overflow }: QueueShape): number => threads + (overflow ? 1 : 0);

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

  /** Sets it to what another one has: its counts, and behind them its sum. */
  set(values: Float64Array): void {
    this.counts.set(values.subarray(0, HISTOGRAM_SLOTS));
    this.#sum[0] = values[HISTOGRAM_SLOTS] as number;
  }

  get sum(): number {
    return this.#sum[0] as number;
  }
}

/** What belongs to one holder of entries: a thread of the consumer, or the overflow thread. */
export class ThreadShared {
  readonly settled: Counter;
  readonly settledBytes: Counter;
  /** Of a partitioned queue: all below it that is this thread's share is claimed. */
  readonly cursor: Counter;
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
  /** 1 and the number of the share that is claimed from: a thread's index, 0 in a queue that is not partitioned. */
  static readonly CLAIMING = 3;
  static readonly RETRYING = 4;
  /** Counts up while the thread's event loop turns, several times in its `stallMs`; 1 while it loads what it runs. */
  static readonly HEARTBEAT = 5;
  /** `threadId` of the worker that runs it; 0 while none has begun to. */
  static readonly THREAD = 6;

  static readonly FAILURES = 0;
  static readonly DAMAGED = 1;
  static readonly LOG_LINES_DROPPED = 2;
  /** Entries dropped: by the consumer in a thread's, by a full queue in the overflow thread's. */
  static readonly DROPPED = 3;
  /** Dead letters because the consumer said so; in the overflow thread's, because the queue was full. */
  static readonly DEAD = 4;
  /** Dead letters because no attempt was left. */
  static readonly DEAD_ATTEMPTS = 5;
  /** Deliveries that took longer than `timeoutMs`. */
  static readonly TIMEOUTS = 6;
  /** Dead letters because their deliveries ended the thread too often. */
  static readonly DEAD_CRASHES = 7;
  /** Ordinal + 1 of the delivery made in line; 0 while there is none. */
  static readonly CURRENT = 8;
  /** Journal position of the message whose delivery began last; NaN before any. */
  static readonly CURRENT_POSITION = 9;

  constructor(buffer: SharedArrayBuffer, offset: number, shape: QueueShape) {
    this.words = new Int32Array(buffer, offset, 8);
    this.settled = new Counter(buffer, offset + 32);
    this.settledBytes = new Counter(buffer, offset + 40);
    this.cursor = new Counter(buffer, offset + 48);
    this.numbers = new Float64Array(buffer, offset + 64, 16);
    const histogramBytes = (HISTOGRAM_SLOTS + 1) * 8;
    this.consumeDuration = new SharedHistogram(buffer, offset + HISTOGRAMS_AT);
    this.queueWait = new SharedHistogram(buffer, offset + HISTOGRAMS_AT + histogramBytes);
    const heldSlots = 1 + 2 * heldCapacity(shape);
    const heldAt = offset + HOLDER_FIXED_BYTES;
    this.held = [
      new Float64Array(buffer, heldAt, heldSlots),
      new Float64Array(buffer, heldAt + heldSlots * 8, heldSlots),
    ];
    this.slots = new Float64Array(buffer, heldAt + 2 * heldSlots * 8, slotCapacity(shape));
  }

  get state(): (typeof ThreadStates)[number] {
    return ThreadStates[Atomics.load(this.words, ThreadShared.STATE)] ?? 'stopped';
  }

  set state(state: (typeof ThreadStates)[number]) {
    Atomics.store(this.words, ThreadShared.STATE, ThreadStates.indexOf(state));
  }
}
