// Has receivers come to it: listens on one endpoint.
import { unlinkSync } from 'node:fs';
import { connect, createServer, type ListenOptions, type Server } from 'node:net';
import { PenstockError } from '@penstock/hub';
import { addressOf, explain } from './address.js';
import { Connections, type Route, type RouteParts } from './route.js';

/** Connections that one endpoint takes; each holds memory, and strangers may be among them. */
const MOST_CONNECTIONS = 1_024;

export class Listener implements Route {
  readonly #endpoint: string;
  readonly #connections: Connections;
  readonly #server: Server;

  constructor(endpoint: string, parts: RouteParts) {
    this.#endpoint = endpoint;
    this.#connections = new Connections(endpoint, parts);
    this.#server = createServer((socket) => this.#connections.add(socket, () => {}));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  async open(): Promise<void> {
    const address = addressOf(this.#endpoint);
    try {
      await listen(this.#server, address).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE' || !('path' in address) || (await answers(address.path))) throw error;
        // What a process that was killed has left behind.
        unlinkSync(address.path);
        await listen(this.#server, address);
      });
    } catch (cause) {
      const why = explain(cause as NodeJS.ErrnoException);
      throw new PenstockError('CONSUMER_OPEN_FAILED', `cannot bind ${this.#endpoint}: ${why}`, { cause });
    }
    // What fails later concerns one connection that did not come about; its peer tries again.
    this.#server.on('error', () => {});
  }

  async close(): Promise<void> {
    this.#server.close();
    await this.#connections.end();
  }

  destroy(): void {
    this.#server.close();
    this.#connections.destroy();
  }
}

function listen(server: Server, address: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Whether somebody listens on the path of a socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
