// Where messages are published to: a running hub over its control socket, or a ZeroMQ endpoint.
import type { OutgoingMessage } from '@penstock/hub/control';

/** Where the first or the last of the messages came to lie, where the other end tells it. */
export interface Place {
  readonly position: number;
  readonly id: string;
}

export interface Target {
  /** What is certain of a message that was sent: that it is committed, or no more than that it has left. */
  readonly outcome: 'committed' | 'handed over';
  /** Why it waits at the moment, where the other end tells it. */
  readonly waitsFor?: string | undefined;
  /**
   * Sends messages in order; waits where the other end has no room.
   *
   * @param sent Called for each one that is certain, in order.
   */
  send(messages: readonly OutgoingMessage[], sent: (place: Place | undefined) => void): Promise<void>;
  /** Resolves when nothing is on its way any more. */
  close(): Promise<void>;
}
