// Comes to receivers that are bound: connects, and connects again after pauses that double while nobody is there.
import { connect, type Socket } from 'node:net';
import { addressOf, explain } from './address.js';
import { Connections, type Route, type RouteParts } from './route.js';

/** How long a connection may take to come about before it is tried anew. */
const CONNECT_TIMEOUT_MS = 10_000;

export class Dialer implements Route {
  readonly #endpoint: string;
  readonly #parts: RouteParts;
  readonly #connections: Connections;
  #pauseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #dialing: Socket | undefined;
  #closed = false;

  constructor(endpoint: string, parts: RouteParts) {
    this.#endpoint = endpoint;
    this.#parts = parts;
    this.#connections = new Connections(endpoint, parts);
    this.#pauseMs = parts.reconnectIntervalMs;
  }

  async open(): Promise<void> {
    this.#dial();
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#connections.end();
  }

  destroy(): void {
    this.#stop();
    this.#connections.destroy();
  }

  #stop(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#dialing?.destroy();
  }

  #dial(): void {
    const address = addressOf(this.#endpoint);
    const socket = connect(address);
    this.#dialing = socket;
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('nobody answered in time')));
    const failed = (error: Error) => {
      this.#parts.trouble(this.#endpoint, explain(error, 'path' in address));
      this.#dialAgain();
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      socket.setTimeout(0);
      this.#dialing = undefined;
      this.#connections.add(socket, (stood) => {
        if (stood) this.#pauseMs = this.#parts.reconnectIntervalMs;
        this.#dialAgain();
      });
    });
  }

  #dialAgain(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#dial(), this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, this.#parts.reconnectMaxIntervalMs);
  }
}
