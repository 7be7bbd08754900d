// What one queue's shared memory says, as gauges: read when somebody asks, and sampled once a second for what
// needs a history (rates, and the peak of a backlog that only falls).
import type { Files } from '../files/files.js';
import { AT, RECORD_HEADER_BYTES } from '../journal/record.js';
import type { RecordReader } from '../journal/record-reader.js';
import { settledFloor } from '../queue/held.js';
import { Entries, IndexReader } from '../queue/index-reader.js';
import {
  HISTOGRAM_SLOTS,
  monotonicSecond,
  type QueueShared,
  type SharedHistogram,
  ThreadShared,
} from '../queue/shared.js';
import { BUCKET_BOUNDS_SECONDS, BUCKET_COUNT } from './buckets.js';
import { catchUpSeconds, Rate } from './rates.js';
import type { ConsumerSnapshot, HistogramSnapshot, ThreadState } from './snapshot.js';

/** Over how long the peak is taken. */
const PEAK_SECONDS = 60;

if (BUCKET_COUNT > HISTOGRAM_SLOTS) throw new RangeError('the queues’ shared memory has too few histogram slots');

export type QueueGaugesSnapshot = Omit<
  ConsumerSnapshot,
  | 'consumer'
  | 'state'
  | 'problem'
  | 'paused'
  | 'topics'
  | 'restartsTotal'
  | 'deadLetters'
  | 'isolation'
  | 'processResidentBytes'
  | 'stalled'
  | 'stallsTotal'
  | 'stallsKilledTotal'
>;

export class QueueGauges {
  readonly #queue: QueueShared;
  readonly #indexes: IndexReader;
  readonly #records: RecordReader;
  readonly #entries = new Entries();
  readonly #arrivals = new Rate();
  readonly #settled = new Rate();
  readonly #enqueuedAtStart: number;
  readonly #settledAtStart: number;
  /** Backlogs of the last seconds, by second: between commits a backlog only falls, and nobody else notes it. */
  readonly #samples = new Map<number, number>();
  #acknowledged = 0;
  #closed = false;
  #oldest = { ordinal: -1, timeMs: 0 };

  /**
   * @param records Reads the journal. One for all queues: a hundred that open its segments each for themselves held the
   *   first scrape up by 15 ms.
   */
  constructor(files: Files, records: RecordReader, queueDirectory: string, queue: QueueShared) {
    this.#queue = queue;
    this.#indexes = new IndexReader(files, queueDirectory);
    this.#records = records;
    this.#enqueuedAtStart = queue.enqueued.get();
    this.#settledAtStart = queue.settled();
  }

  /** To be called about once a second. */
  sample(): void {
    const nowMs = performance.now();
    this.#arrivals.sample(this.#queue.enqueued.get(), nowMs);
    this.#settled.sample(this.#queue.settled(), nowMs);
    const second = monotonicSecond();
    const backlog = this.#queue.backlog();
    // Opens the files that the oldest message is looked up in: the first scrape is not to open those of all queues.
    if (backlog > 0 && this.#oldest.ordinal === -1) this.#oldestAgeSeconds();
    this.#samples.set(second, backlog);
    for (const old of this.#samples.keys()) {
      if (old > second - PEAK_SECONDS) break;
      this.#samples.delete(old);
    }
  }

  snapshot(): QueueGaugesSnapshot {
    const queue = this.#queue;
    // Read before the outcomes that it counts too, which the threads write first: what is left over is never too much.
    const settled = queue.settled();
    const damaged = this.#sum((thread) => thread.numbers[ThreadShared.DAMAGED] as number);
    const dropped = this.#outcomes(ThreadShared.DROPPED);
    const dead = this.#outcomes(ThreadShared.DEAD);
    const attempts = this.#sum((thread) => thread.numbers[ThreadShared.DEAD_ATTEMPTS] as number);
    const droppedInAll = dropped.consumer + dropped.queueFull;
    const crashes = this.#sum((thread) => thread.numbers[ThreadShared.DEAD_CRASHES] as number);
    const deadInAll = dead.consumer + dead.queueFull + attempts + crashes;
    // It may be too little for a moment, and a counter must not fall.
    this.#acknowledged = Math.max(
      this.#acknowledged,
      settled - this.#settledAtStart - damaged - droppedInAll - deadInAll,
    );
    const backlog = queue.backlog();
    const arrivalsPerSecond = this.#arrivals.perSecond;
    const settledPerSecond = this.#settled.perSecond;
    return {
      threads: this.#threads(),
      backlog,
      backlogBytes: queue.backlogBytes(),
      backlogPeak: Math.max(backlog, queue.peak(monotonicSecond(), PEAK_SECONDS), ...this.#samples.values()),
      inFlight: this.#sum((thread) => thread.words[ThreadShared.IN_FLIGHT] as number),
      retrying: queue.retrying(),
      oldestMessageAgeSeconds: backlog === 0 ? 0 : this.#oldestAgeSeconds(),
      enqueuedTotal: queue.enqueued.get() - this.#enqueuedAtStart,
      settledTotal: {
        acknowledged: this.#acknowledged,
        damaged,
        dropped: droppedInAll,
        deadLettered: deadInAll,
      },
      droppedTotal: dropped,
      deadLetteredTotal: { ...dead, attempts, crashes },
      failuresTotal: this.#sum((thread) => thread.numbers[ThreadShared.FAILURES] as number),
      timeoutsTotal: this.#sum((thread) => thread.numbers[ThreadShared.TIMEOUTS] as number),
      arrivalsPerSecond,
      settledPerSecond,
      catchUpSeconds: catchUpSeconds(backlog, arrivalsPerSecond, settledPerSecond),
      consumeDuration: this.#histogram((thread) => thread.consumeDuration),
      queueWait: this.#histogram((thread) => thread.queueWait),
      logLinesDropped: this.#sum((thread) => thread.numbers[ThreadShared.LOG_LINES_DROPPED] as number),
    };
  }

  /**
   * Closes the files; the oldest message is then the one that was looked up last. Of the journal, other queues open
   * again what they need.
   */
  close(): void {
    this.#closed = true;
    this.#indexes.close();
    this.#records.close();
  }

  #threads(): Record<ThreadState, number> {
    const threads = { starting: 0, running: 0, backoff: 0, stopped: 0 };
    for (const { state } of this.#queue.threads) threads[state]++;
    return threads;
  }

  #sum(of: (thread: ThreadShared) => number): number {
    return this.#queue.threads.reduce((sum, thread) => sum + of(thread), 0);
  }

  /** What the threads counted, and what the overflow thread did. */
  #outcomes(slot: number): { consumer: number; queueFull: number } {
    return {
      consumer: this.#sum((thread) => thread.numbers[slot] as number),
      queueFull: (this.#queue.overflow?.numbers[slot] as number | undefined) ?? 0,
    };
  }

  #histogram(of: (thread: ThreadShared) => SharedHistogram): HistogramSnapshot {
    const counts = new Array<number>(BUCKET_COUNT).fill(0);
    let sumSeconds = 0;
    // Plain loops: a call for each bucket would be 5,600 of them in a scrape of 100 consumers.
    for (const thread of this.#queue.threads) {
      const histogram = of(thread);
      for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        counts[bucket] = (counts[bucket] as number) + (histogram.counts[bucket] as number);
      }
      sumSeconds += histogram.sum;
    }
    return { boundsSeconds: BUCKET_BOUNDS_SECONDS, counts, sumSeconds };
  }

  /** Looked up in the journal, once for each entry that comes to be the oldest. */
  #oldestAgeSeconds(): number {
    const ordinal = settledFloor(this.#queue);
    if (ordinal !== this.#oldest.ordinal && !this.#closed) {
      const timeMs = this.#timeOf(ordinal);
      if (timeMs === undefined) return 0;
      this.#oldest = { ordinal, timeMs };
    }
    return Math.max(0, Date.now() - this.#oldest.timeMs) / 1_000;
  }

  #timeOf(ordinal: number): number | undefined {
    this.#indexes.read(ordinal, 1, this.#entries);
    if (this.#entries.count === 0) return undefined;
    const slab = this.#records.fetch(this.#entries, 0);
    // It may have been settled meanwhile, and its segment be written over.
    const position = this.#entries.positions[0] as number;
    const at = position - slab.start;
    const found = slab.end - at >= RECORD_HEADER_BYTES && slab.view.getFloat64(at + AT.position, true) === position;
    return found ? slab.view.getFloat64(at + AT.time, true) : undefined;
  }
}
