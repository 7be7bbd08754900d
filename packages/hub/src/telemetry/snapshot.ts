// What the hub knows about itself at one moment, as plain data: the one shape from which metrics, the admin
// API and `hub status` are made. Reading it resets nothing.
import type { Isolation } from '../consumer.js';
import type { DamageKind } from '../files/damage.js';

/** `backoff`: it has ended or could not start, and waits to be tried again. */
export type ThreadState = 'starting' | 'running' | 'backoff' | 'stopped';

/**
 * - `running`: every thread runs; `starting`, `stopped`: with the hub
 * - `stalled`: a thread blocks its event loop for longer than `stallMs`
 * - `failed`: a thread has ended or cannot start, and is being tried again with backoff
 * - `paused`: by `hub pause`; `halted`: by its own `Halt`; its queue fills, and it goes on after `hub resume`
 * - `not-run`: left out by `--only`; its queue fills
 * - `removed`: no longer in the config; its queue is kept and fills no further
 */
export type ConsumerState =
  | 'starting'
  | 'running'
  | 'stalled'
  | 'failed'
  | 'paused'
  | 'halted'
  | 'stopped'
  | 'not-run'
  | 'removed';

/** Cumulative counts since the hub's start, as Prometheus has them. */
export interface HistogramSnapshot {
  /** Upper bounds in seconds, ascending, without +Inf. */
  readonly boundsSeconds: readonly number[];
  /** How many observations fell into each bucket (not cumulative); one longer than the bounds, the last is +Inf. */
  readonly counts: readonly number[];
  /** All observations together, in seconds. */
  readonly sumSeconds: number;
}

/** A thread whose event loop does not turn. */
export interface StalledThread {
  /** Its index. */
  readonly threadIndex: number;
  /** For how long by now, in milliseconds. */
  readonly forMs: number;
  /** Journal position of the message that it works on; undefined when no delivery has begun. */
  readonly position: number | undefined;
  /** The topic of that message, where the journal still has it. */
  readonly topic: string | undefined;
}

/** One consumer and its queue. */
export interface ConsumerSnapshot {
  /** Its name. */
  readonly consumer: string;
  /** How its threads are, taken together. */
  readonly state: ConsumerState;
  /** Why it is failed, or why it has halted, in one line. */
  readonly problem: string | undefined;
  /** That it is paused, by `hub pause` or `hub.pause()`; undefined when it is not. */
  readonly paused?:
    | {
        /** Since when, ISO 8601. */
        readonly since: string;
        /** Why, where somebody has said so. */
        readonly reason?: string;
      }
    | undefined;
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
  /** Entries that wait for a retry, or behind one of their key. */
  readonly retrying: number;
  /** Dead letters kept now. */
  readonly deadLetters: number;
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
    /** Dropped on purpose, see {@link ConsumerSnapshot.droppedTotal}. */
    readonly dropped: number;
    /** Kept as a dead letter, see {@link ConsumerSnapshot.deadLetteredTotal}. */
    readonly deadLettered: number;
  };
  /** Entries dropped since the hub's start, by reason. */
  readonly droppedTotal: {
    /** The consumer threw `Drop`. */
    readonly consumer: number;
    /** The queue was at its `maxBacklog`. */
    readonly queueFull: number;
  };
  /** Entries that became dead letters since the hub's start, by reason. */
  readonly deadLetteredTotal: {
    /** The consumer threw `DeadLetter`. */
    readonly consumer: number;
    /** No attempt was left. */
    readonly attempts: number;
    /** Its deliveries ended their thread or process too often. */
    readonly crashes: number;
    /** The queue was at its `maxBacklog`. */
    readonly queueFull: number;
  };
  /** Deliveries that threw or took too long. */
  readonly failuresTotal: number;
  /** Those of them that took longer than `timeoutMs`. */
  readonly timeoutsTotal: number;
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
  /** Threads, or its own process, that ended by themselves or were ended by the watchdog, and were started again. */
  readonly restartsTotal: number;
  /** Where it runs. */
  readonly isolation: Isolation;
  /** Memory that its own process has in use, in bytes; undefined where it has none. */
  readonly processResidentBytes?: number | undefined;
  /** Threads whose event loop does not turn at this moment, for longer than `stallMs`. */
  readonly stalled: readonly StalledThread[];
  /** Times that a thread was found stalled. */
  readonly stallsTotal: number;
  /** Those of them that were ended, after `killAfterMs`. */
  readonly stallsKilledTotal: number;
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
  /** Consumers whose full queues it waits for at this moment (`whenFull: 'block'`); undefined when there are none. */
  readonly heldBy?: readonly string[] | undefined;
}

/** The journal. */
export interface JournalSnapshot {
  /** Bytes on disk in all segments. */
  readonly bytes: number;
  /** Those of them that no queue needs any more and that `retain` keeps. */
  readonly retainedBytes: number;
  /** Files it consists of. */
  readonly segments: number;
  /** Messages committed since the hub's start. */
  readonly committedMessagesTotal: number;
  /** Bytes taken that wait for their commit. */
  readonly uncommittedBytes: number;
  /** From handing a batch to the journal thread until it is durable. */
  readonly commitDuration: HistogramSnapshot;
}

/** The data directory against what it may take. */
export interface DiskSnapshot {
  /** Bytes of journal segments, index files and dead letters; neither spare segments nor settle logs count. */
  readonly bytes: number;
  /** `maxDiskBytes`, or its default. */
  readonly limitBytes: number;
  /** Why nothing is taken for now: it is at its limit, or its file system has too little free. Undefined while it is. */
  readonly full: 'limit' | 'free-space' | undefined;
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
  /** Times that the supervisor of `hub run` has started the hub again; 0 without one. */
  readonly restartsTotal: number;
  /** Empty when ready; else why not, a line each (`/readyz` shows them). */
  readonly notReady: readonly string[];
  /** All queues on disk, those of consumers that are no longer in the config included. */
  readonly consumers: readonly ConsumerSnapshot[];
  /** The sources in the order of the config. */
  readonly sources: readonly SourceSnapshot[];
  /** Where every message is written once. */
  readonly journal: JournalSnapshot;
  /** The data directory against its limit. */
  readonly disk: DiskSnapshot;
  /** Files in its quarantine, by kind of damage; undefined when there are none. */
  readonly quarantined?: Readonly<Partial<Record<DamageKind, number>>> | undefined;
}
