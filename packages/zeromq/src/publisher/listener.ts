// Has receivers come to it: listens on one endpoint.
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type ListenOptions, type Server } from 'node:net';
import { PenstockError } from '@penstock/hub';
import { addressOf, explain } from './address.js';
import { Connections, type Route, type RouteParts } from './route.js';

export class Listener implements Route {
  readonly #endpoint: string;
  readonly #connections: Connections;
  readonly #server: Server;

  constructor(endpoint: string, parts: RouteParts) {
    this.#endpoint = endpoint;
    this.#connections = new Connections(endpoint, parts);
    this.#server = createServer((socket) => this.#connections.add(socket, () => {}));
  }

  async open(): Promise<void> {
    const address = addressOf(this.#endpoint);
    try {
      await listen(this.#server, address).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE' || !('path' in address) || !(await isLeftBehind(address.path))) throw error;
        unlinkSync(address.path);
        await listen(this.#server, address);
      });
    } catch (cause) {
      const why = explain(cause as NodeJS.ErrnoException, 'path' in address);
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

/** Whether what is at the path is the socket of a process that was killed, and no other file, nor somebody's. */
async function isLeftBehind(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    // Any other error is of one that listens, and is too busy or lets only others in.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });
}
