// A publisher's way to its receivers over one endpoint: what the two kinds of it, dialing and listening, share.
import type { Socket } from 'node:net';
import { Connection } from './connection.js';
import type { Mechanism, PublishingType } from './mechanism.js';
import type { Receiver, Sender } from './sender.js';
import { ZmtpError } from './zmtp-wire.js';

/** Connections over one endpoint; each holds memory, and at one that is bound strangers may be among them. */
const MOST_CONNECTIONS = 1_024;

/** How long a stop waits for the system to take what was sent. */
const LINGER_MS = 500;

/** What the routes of one publisher share. */
export interface RouteParts {
  readonly type: PublishingType;
  readonly sender: Sender;
  /** How much may wait for the system to take it on one connection, in bytes. */
  readonly bufferBytes: number;
  readonly reconnectIntervalMs: number;
  readonly reconnectMaxIntervalMs: number;
  /** Makes the handshake of one connection. @param address Whose, as far as is known. */
  mechanism(address: string): Mechanism;
  /** Tells that a receiver came. */
  connected(endpoint: string): void;
  /** Tells why a connection ended, or did not come about. */
  trouble(endpoint: string, problem: string): void;
}

/** A way to receivers, over one endpoint. */
export interface Route {
  /** @throws CONSUMER_OPEN_FAILED when the endpoint cannot be bound. */
  open(): Promise<void>;
  /** Ends its connections once the system has taken what was sent, or after half a second. */
  close(): Promise<void>;
  /** Ends its connections at once. */
  destroy(): void;
}

/** The connections over one endpoint. */
export class Connections {
  readonly #endpoint: string;
  readonly #parts: RouteParts;
  readonly #open = new Set<Connection>();
  #empty: (() => void) | undefined;
  /** Whether connections end because this end wants it. */
  #ending = false;

  constructor(endpoint: string, parts: RouteParts) {
    this.#endpoint = endpoint;
    this.#parts = parts;
  }

  /**
   * Takes a connection. Where there are too many, the oldest whose handshake is not over makes room: strangers who open
   * connections and say nothing keep nobody out.
   *
   * @param ended Called when the connection is gone; `stood` when its handshake had come to its end.
   */
  add(socket: Socket, ended: (stood: boolean) => void): void {
    const { type, sender, bufferBytes, connected, trouble } = this.#parts;
    if (this.#open.size >= MOST_CONNECTIONS && !this.#makeRoom()) {
      socket.destroy();
      trouble(this.#endpoint, `refused a connection: ${MOST_CONNECTIONS} receivers are there already`);
      return;
    }
    let receiver: Receiver | undefined;
    const options = { type, bufferBytes, mechanism: this.#parts.mechanism(socket.remoteAddress ?? '') };
    const connection = new Connection(socket, options, {
      ready: () => {
        connected(this.#endpoint);
        receiver = sender.admit(connection);
      },
      pong: () => receiver?.pong(),
      subscription: (wanted, prefix) => receiver?.subscription(wanted, prefix),
      drained: () => receiver?.drained(),
      closed: (problem) => {
        this.#open.delete(connection);
        receiver?.gone();
        if (!this.#ending) trouble(this.#endpoint, problem ?? 'the receiver ended the connection');
        if (this.#open.size === 0) this.#empty?.();
        ended(receiver !== undefined);
      },
    });
    this.#open.add(connection);
  }

  #makeRoom(): boolean {
    for (const connection of this.#open) {
      if (connection.ready) continue;
      this.#open.delete(connection);
      connection.fail(new ZmtpError('it had not ended the handshake when others came, and too many stand'));
      return true;
    }
    return false;
  }

  /** Ends them once the system has taken what was sent, or after half a second. */
  async end(): Promise<void> {
    this.#ending = true;
    if (this.#open.size === 0) return;
    for (const connection of this.#open) connection.end();
    await new Promise<void>((resolve) => {
      this.#empty = resolve;
      setTimeout(resolve, LINGER_MS).unref();
    });
    this.destroy();
  }

  destroy(): void {
    this.#ending = true;
    for (const connection of this.#open) connection.destroy();
  }
}
