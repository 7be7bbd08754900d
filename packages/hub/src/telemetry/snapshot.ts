// What the hub knows about itself at one moment, as plain data: the one shape from which metrics, the admin
// API and `hub status` are made. Reading it resets nothing.

/** `backoff`: it has ended or could not start, and waits to be tried again. */
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
  /** All observations together, in seconds. */
  readonly sumSeconds: number;
}

/** One consumer and its queue. */
export interface ConsumerSnapshot {
  /** Its name. */
  readonly consumer: string;
  /** How its threads are, taken together. */
  readonly state: ConsumerState;
  /** Why it is failed, in one line. */
  readonly problem: string | undefined;
  /** Its topic patterns. */
  readonly topics: readonly string[];
  /** How many of its threads are in each state. */
  readonly threads: Readonly<Record<ThreadState, number>>;
  /** Entries enqueued and not settled: waiting, in flight, or waiting for a retry. */
  readonly backlog: number;
  /** The same in bytes, as they lie in the journal. */
  readonly backlogBytes: number;
  /** The highest backlog of the last 60 seconds. */
  readonly backlogPeak: number;
  /** Deliveries that `consume()` works on now. */
  readonly inFlight: number;
  /** Age of the oldest entry not settled; 0 with no backlog. */
  readonly oldestMessageAgeSeconds: number;
  /** Since the hub's start. */
  readonly enqueuedTotal: number;
  /** Entries settled since the hub's start, by outcome. */
  readonly settledTotal: {
    /** `consume()` returned, or its promise resolved. */
    readonly acknowledged: number;
    /** The record in the journal was not what had been written: it could not be delivered, and is lost. */
    readonly damaged: number;
  };
  /** Deliveries that threw. */
  readonly failuresTotal: number;
  /** Smoothed over about 10 seconds. */
  readonly arrivalsPerSecond: number;
  /** Smoothed likewise. */
  readonly settledPerSecond: number;
  /** backlog ÷ (settled − arrivals per second); 0 with no backlog, Infinity when it is not catching up. */
  readonly catchUpSeconds: number;
  /** How long `consume()` took, retries included. */
  readonly consumeDuration: HistogramSnapshot;
  /** From the hub's taking a message to its first delivery. */
  readonly queueWait: HistogramSnapshot;
  /** Log lines that the rate limit or a full pipe kept back. */
  readonly logLinesDropped: number;
  /** Threads that ended by themselves and were started again. */
  readonly restartsTotal: number;
}

/** One source. */
export interface SourceSnapshot {
  /** Its name. */
  readonly source: string;
  /** One line for people: what it listens to. */
  readonly description: string;
  /** Messages that arrived since the hub's start, those rejected included. */
  readonly receivedTotal: number;
  /** Those that could not be taken, by reason. */
  readonly rejectedTotal: Readonly<Record<string, number>>;
  /** Messages that never came, as gaps in the sequences of their publishers tell; neither received nor rejected. */
  readonly missedTotal: number;
  /** Connections that were not let in, by reason. */
  readonly refusedTotal: Readonly<Record<string, number>>;
}

/** The journal. */
export interface JournalSnapshot {
  /** Bytes on disk in all segments. */
  readonly bytes: number;
  /** Files it consists of. */
  readonly segments: number;
  /** Messages committed since the hub's start. */
  readonly committedMessagesTotal: number;
  /** Bytes taken that wait for their commit. */
  readonly uncommittedBytes: number;
  /** From handing a batch to the journal thread until it is durable. */
  readonly commitDuration: HistogramSnapshot;
}

/** The whole hub at one moment. */
export interface HubSnapshot {
  /** Made when the data directory was, and part of the ids of messages that came without one. */
  readonly hubId: string;
  /** Process id of the hub. */
  readonly pid: number;
  /** Version of Penstock that runs. */
  readonly version: string;
  /** Where the hub stands. */
  readonly state: 'stopped' | 'starting' | 'running' | 'stopping';
  /** False for an ephemeral hub. */
  readonly durable: boolean;
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  /** When it became ready, in milliseconds since 1970. */
  readonly startedAt: number | undefined;
  /** Empty when ready; else why not, a line each (`/readyz` shows them). */
  readonly notReady: readonly string[];
  /** All queues on disk, those of consumers that are no longer in the config included. */
  readonly consumers: readonly ConsumerSnapshot[];
  /** The sources in the order of the config. */
  readonly sources: readonly SourceSnapshot[];
  /** Where every message is written once. */
  readonly journal: JournalSnapshot;
}
