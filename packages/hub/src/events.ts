// What the hub tells its program while it runs: typed events over eventemitter3. None of them is per message.
import type { ErrorData } from './errors.js';
import type { Damage } from './files/damage.js';
import type { StalledThread } from './telemetry/snapshot.js';

/** What `hub.on()` listens to: names of events, and what their listeners are called with. */
export interface HubEvents {
  /** A thread runs, its `open()` done. */
  'consumer:started': (event: { consumer: string; threadIndex: number }) => void;
  /** A thread could not start or ended by itself; it is tried again in `retryInMs`. */
  'consumer:failed': (event: {
    consumer: string;
    /** Undefined where it is the consumer's own process (`isolation: 'process'`). */
    threadIndex: number | undefined;
    error: ErrorData;
    retryInMs: number;
  }) => void;
  /**
   * A thread has blocked its event loop for `stallMs`, and goes on to: with which message, where one is in flight. Past
   * `killAfterMs` it is ended, which `consumer:failed` tells with the code CONSUMER_STALLED.
   */
  'consumer:stalled': (event: { consumer: string } & StalledThread) => void;
  /** The event loop of a stalled thread turns again, after about `forMs` milliseconds. */
  'consumer:recovered': (event: { consumer: string } & StalledThread) => void;
  /** A thread has ended in order. */
  'consumer:stopped': (event: { consumer: string; threadIndex: number }) => void;
  /** A consumer was paused on purpose; its queue fills until it is resumed. */
  'consumer:paused': (event: { consumer: string; since: string; reason: string | undefined }) => void;
  /** A consumer that was paused, or had halted, goes on. */
  'consumer:resumed': (event: { consumer: string }) => void;
  /** A consumer has thrown `Halt`: it gets nothing more until it is resumed. With an exit code, the hub is to be stopped. */
  'consumer:halted': (event: { consumer: string; reason: string; exitCode: number | undefined }) => void;
  /** A replay into a consumer's queue is over: positions searched from `from` through `through`, of a range up to `to`. */
  'consumer:replayed': (event: {
    consumer: string;
    from: number;
    to: number;
    through: number;
    replayed: number;
    isComplete: boolean;
  }) => void;
  /** All up to this position is durable. */
  'journal:committed': (event: { position: number }) => void;
  /** At start: the tail of the last segment was not a whole record and was cut off. */
  'journal:cut': (event: { segment: string; keptBytes: number; cutBytes: number }) => void;
  /** At start: a file is not what was written. What of it can be kept is in the folder `quarantine`. */
  'data:damaged': (event: Damage) => void;
  /** All in a segment is settled, and its bytes are free again. */
  'journal:segment-removed': (event: { segment: string; bytes: number }) => void;
  /** Nothing more is accepted; the hub is to be stopped. */
  'journal:failed': (event: { error: ErrorData }) => void;
  /** A queue without a consumer was removed on purpose, and with it so many messages that waited in it, and dead letters. */
  'queue:removed': (event: { queue: string; number: number; discarded: number; deadLetters: number }) => void;
  /** A source listens. */
  'source:started': (event: { source: string }) => void;
  /** A source listens no more. */
  'source:stopped': (event: { source: string }) => void;
  /** Everything runs; the start is over. */
  'hub:ready': () => void;
  /** Everything is closed, and the data directory free. */
  'hub:stopped': () => void;
}
