// Closes a socket once all that was sent over it has left the process. ZeroMQ goes on sending for its linger time in
// threads of its own, tells of its end and not of how it went; so the time that it took has to say.
import { PenstockError } from '@penstock/hub/source';
import type { Observer, Socket } from 'zeromq';
import { type SenderOptions, unreachable } from './sender.js';

/** How much earlier than its linger time ZeroMQ can end, by clocks that are not the same. */
const CLOCK_SLACK_MS = 50;

export class Leaving {
  readonly #socket: Socket;
  readonly #options: SenderOptions;
  readonly #ended: Promise<void>;

  /** @param events The socket's observer; nobody else is to read it. */
  constructor(socket: Socket, events: Observer, options: SenderOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#ended = untilEnd(events);
  }

  /** Resolves when nothing of the socket is left; what is still to be sent is given up. */
  async close(): Promise<void> {
    this.#socket.close();
    await this.#ended;
  }

  /**
   * The same once all that is to be sent has left.
   *
   * @throws ENDPOINT_UNREACHABLE when not all of it left in time.
   */
  async leave(): Promise<void> {
    if (this.#socket.closed) return this.#ended;
    const { timeoutMs } = this.#options;
    this.#socket.linger = timeoutMs;
    const closedAtMs = performance.now();
    await this.close();
    if (performance.now() - closedAtMs < timeoutMs - Math.min(CLOCK_SLACK_MS, timeoutMs / 10)) return;
    throw unreachable(this.#options, 'not all that was sent was taken, and the rest is lost: no room');
  }
}

/**
 * Begins to connect a socket; closes it when that cannot be done.
 *
 * @throws ENDPOINT_UNREACHABLE
 */
export function connect(socket: Socket, endpoint: string): void {
  try {
    socket.connect(endpoint);
  } catch (cause) {
    socket.close();
    const { message } = cause as Error;
    throw new PenstockError('ENDPOINT_UNREACHABLE', `${endpoint}: cannot be connected to: ${message}`, { cause });
  }
}

async function untilEnd(events: Observer): Promise<void> {
  for await (const event of events) if (event?.type === 'end') return;
}
