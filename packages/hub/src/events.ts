// What the hub tells its program while it runs: typed events over eventemitter3. None of them is per message.
import type { ErrorData } from './errors.js';

/** What `hub.on()` listens to: names of events, and what their listeners are called with. */
export interface HubEvents {
  /** A thread runs, its `open()` done. */
  'consumer:started': (event: { consumer: string; threadIndex: number }) => void;
  /** A thread could not start or ended by itself; it is tried again in `retryInMs`. */
  'consumer:failed': (event: { consumer: string; threadIndex: number; error: ErrorData; retryInMs: number }) => void;
  /** A thread has ended in order. */
  'consumer:stopped': (event: { consumer: string; threadIndex: number }) => void;
  /** All up to this position is durable. */
  'journal:committed': (event: { position: number }) => void;
  /** At start: the tail of the last segment was not a whole record and was cut off. */
  'journal:cut': (event: { segment: string; keptBytes: number; cutBytes: number }) => void;
  /** All in a segment is settled, and its bytes are free again. */
  'journal:segment-removed': (event: { segment: string; bytes: number }) => void;
  /** Nothing more is accepted; the hub is to be stopped. */
  'journal:failed': (event: { error: ErrorData }) => void;
  /** A queue without a consumer was removed on purpose, and with it so many messages that waited in it. */
  'queue:removed': (event: { queue: string; number: number; discarded: number }) => void;
  /** A source listens. */
  'source:started': (event: { source: string }) => void;
  /** A source listens no more. */
  'source:stopped': (event: { source: string }) => void;
  /** Everything runs; the start is over. */
  'hub:ready': () => void;
  /** Everything is closed, and the data directory free. */
  'hub:stopped': () => void;
}
