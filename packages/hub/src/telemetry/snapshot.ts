// What the hub knows about itself at one moment, as plain data: the one shape from which metrics, the admin
// API and `hub status` are made. Reading it resets nothing.

export type ThreadState = 'starting' | 'running' | 'backoff' | 'stopped';

/**
 * - `running`: every thread runs; `starting`, `stopped`: with the hub
 * - `failed`: a thread has ended or cannot start, and is being tried again with backoff
 * - `not-run`: left out by `--only`; its queue fills
 * - `removed`: no longer in the config; its queue is kept and fills no further
 */
export type ConsumerState = 'starting' | 'running' | 'failed' | 'stopped' | 'not-run' | 'removed';

/** Cumulative counts since the hub's start, as Prometheus has them. */
export interface HistogramSnapshot {
  /** Upper bounds in seconds, ascending, without +Inf. */
  readonly boundsSeconds: readonly number[];
  /** How many observations fell into each bucket (not cumulative); one longer than the bounds, the last is +Inf. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

export interface ConsumerSnapshot {
  readonly consumer: string;
  readonly state: ConsumerState;
  /** Why it is failed, in one line. */
  readonly problem: string | undefined;
  readonly topics: readonly string[];
  readonly threads: Readonly<Record<ThreadState, number>>;
  /** Entries enqueued and not settled: waiting, in flight, or waiting for a retry. */
  readonly backlog: number;
  readonly backlogBytes: number;
  /** The highest backlog of the last 60 seconds. */
  readonly backlogPeak: number;
  readonly inFlight: number;
  /** Age of the oldest entry not settled; 0 with no backlog. */
  readonly oldestMessageAgeSeconds: number;
  /** Since the hub's start. */
  readonly enqueuedTotal: number;
  readonly settledTotal: {
    readonly acknowledged: number;
    /** The record in the journal was not what had been written: it could not be delivered, and is lost. */
    readonly damaged: number;
  };
  /** Deliveries that threw. */
  readonly failuresTotal: number;
  /** Smoothed over about 10 seconds. */
  readonly arrivalsPerSecond: number;
  readonly settledPerSecond: number;
  /** backlog ÷ (settled − arrivals per second); 0 with no backlog, Infinity when it is not catching up. */
  readonly catchUpSeconds: number;
  readonly consumeDuration: HistogramSnapshot;
  readonly queueWait: HistogramSnapshot;
  /** Log lines that the rate limit or a full pipe kept back. */
  readonly logLinesDropped: number;
  /** Threads that ended by themselves and were started again. */
  readonly restartsTotal: number;
}

export interface SourceSnapshot {
  readonly source: string;
  readonly description: string;
  readonly receivedTotal: number;
  readonly rejectedTotal: Readonly<Record<string, number>>;
}

export interface JournalSnapshot {
  /** Bytes on disk in all segments. */
  readonly bytes: number;
  readonly segments: number;
  readonly committedMessagesTotal: number;
  readonly uncommittedBytes: number;
  /** From handing a batch to the journal thread until it is durable. */
  readonly commitDuration: HistogramSnapshot;
}

export interface HubSnapshot {
  readonly hubId: string;
  readonly pid: number;
  readonly version: string;
  readonly state: 'stopped' | 'starting' | 'running' | 'stopping';
  readonly durable: boolean;
  readonly dataDir: string;
  /** When it became ready, in milliseconds since 1970. */
  readonly startedAt: number | undefined;
  /** Empty when ready; else why not, a line each (`/readyz` shows them). */
  readonly notReady: readonly string[];
  readonly consumers: readonly ConsumerSnapshot[];
  readonly sources: readonly SourceSnapshot[];
  readonly journal: JournalSnapshot;
}
