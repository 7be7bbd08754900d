// What sends messages to a ZeroMQ endpoint from a program that ends soon: `hub publish --to`. It waits for the
// connection, for room, and at the end for what is still on its way, each for a limited time.
import { type Headers, PenstockError } from '@penstock/hub/source';

/** A message on its way out. */
export interface SentMessage {
  /** Names the request of an acknowledged message, and so the message unless it has a header `id`; 255 bytes at most. */
  readonly id: string;
  readonly topic: string;
  readonly headers: Headers | undefined;
  readonly body: Uint8Array;
}

export interface SenderOptions {
  /** Where to connect to. */
  readonly endpoint: string;
  /** How long the other end may take to be there, to make room, or to answer, in milliseconds. */
  readonly timeoutMs: number;
}

export interface Sender {
  /**
   * Sends messages in order.
   *
   * @param sent Called for each message in its turn, with its position where the other end tells it.
   * @throws ENDPOINT_UNREACHABLE when the other end does not take or answer them in time; QUEUE_FULL, DISK_LIMIT when
   *   a hub there has no room for so long; MESSAGE_REFUSED.
   */
  send(messages: readonly SentMessage[], sent: (position: number | undefined) => void): Promise<void>;
  /**
   * Resolves when all that was sent has left this process, and nothing stays open.
   *
   * @throws ENDPOINT_UNREACHABLE when that takes longer than the timeout: what had not left is lost.
   */
  close(): Promise<void>;
}

/** What is not there at an endpoint, or not quick enough. */
export function unreachable({ endpoint, timeoutMs }: SenderOptions, why: string, cause?: unknown): PenstockError {
  return new PenstockError('ENDPOINT_UNREACHABLE', `${endpoint}: ${why} within ${timeoutMs} ms`, { cause });
}

/** Whether a socket's operation did not come about in time. */
export const isTimeout = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN';
