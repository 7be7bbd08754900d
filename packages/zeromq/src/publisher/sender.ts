// What the two kinds of publisher have in common: they take messages, and connections to receivers come and go.
import type { OutgoingFrames } from './frame-writer.js';

/** A connection as a sender uses it: what is sent goes out in order, or the connection ends. */
export interface Outlet {
  /** Whether so much waits for the system to take it that nothing should be added. */
  readonly full: boolean;
  /** Appends a message; {@link flush} sees it off. */
  send(message: OutgoingFrames): void;
  /** Appends a PING. One at a time: its answer is told from no other's. */
  ping(): void;
  flush(): void;
  /** Calls back when the system has taken all that was seen off so far; never, when the connection ends first. */
  whenTaken(callback: () => void): void;
}

/** One receiver, as long as its connection stands. */
export interface Receiver {
  /** It has come to a PING: all that was sent before is in its memory. */
  pong(): void;
  /** It wants topics that begin so, or no longer. */
  subscription(wanted: boolean, prefix: Buffer): void;
  /** Its connection is no longer full. */
  drained(): void;
  /** The connection is gone. */
  gone(): void;
}

export interface Sender {
  /** A receiver has come. */
  admit(outlet: Outlet): Receiver;
  /**
   * Sends a message, in the order of the calls.
   *
   * @returns Resolves when the delivery is settled: for PUSH when a receiver has the message, for PUB when it is sent.
   *   Rejects when the publisher stops first; the message stays queued.
   */
  send(message: OutgoingFrames): Promise<void>;
  /**
   * Sends nothing more. Resolves when every promise of {@link send} is settled, to whether what is still on its way may
   * be waited for: not when receivers were given up that had not confirmed all, since it stays queued.
   */
  drain(): Promise<boolean>;
  /** Settles every promise at once. */
  abort(): void;
}
