// What the hub tells its program while it runs: typed events over eventemitter3. None of them is per message.
import type { ErrorData } from './errors.js';

export interface HubEvents {
  'consumer:started': (event: { consumer: string; threadIndex: number }) => void;
  /** A thread could not start or ended by itself; it is tried again in `retryInMs`. */
  'consumer:failed': (event: { consumer: string; threadIndex: number; error: ErrorData; retryInMs: number }) => void;
  'consumer:stopped': (event: { consumer: string; threadIndex: number }) => void;
  /** All up to this position is durable. */
  'journal:committed': (event: { position: number }) => void;
  /** At start: the tail of the last segment was not a whole record and was cut off. */
  'journal:cut': (event: { segment: string; keptBytes: number; cutBytes: number }) => void;
  'journal:segment-removed': (event: { segment: string; bytes: number }) => void;
  /** Nothing more is accepted; the hub is to be stopped. */
  'journal:failed': (event: { error: ErrorData }) => void;
  'source:started': (event: { source: string }) => void;
  'source:stopped': (event: { source: string }) => void;
  'hub:ready': () => void;
  'hub:stopped': () => void;
}
