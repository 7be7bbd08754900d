// The CLI's end of the control socket: one method for each thing that a running hub can be asked.
import { request } from 'node:http';
import { type ErrorData, fromErrorData, PenstockError } from '../errors.js';
import type { HubSnapshot } from '../telemetry/snapshot.js';
import { CONTROL_ROUTES, decodeStatus } from './control-protocol.js';
import { ControlSocket } from './control-socket.js';

/** How long a hub may take to answer, in milliseconds. */
const TIMEOUT_MS = 5_000;

/** The longest answer that is read; the status of a thousand consumers takes 2 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface ControlClientOptions {
  /** How long the hub may take to answer, in milliseconds; 5,000 by default. */
  readonly timeoutMs?: number;
  /** How messages name the data directory; the socket's path by default. */
  readonly dataDir?: string;
  /** Called before each connection; throws to refuse it. */
  readonly check?: () => void;
}

/** Talks to the hub behind one control socket; each request is a connection of its own, so there is nothing to close. */
export class ControlClient {
  readonly #socketPath: string;
  readonly #where: string;
  readonly #timeoutMs: number;
  readonly #check: () => void;

  /** @param socketPath From `controlSocketPath(dataDir)`. */
  constructor(socketPath: string, options: ControlClientOptions = {}) {
    this.#socketPath = socketPath;
    this.#where = options.dataDir ?? socketPath;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#check = options.check ?? (() => {});
  }

  /** A client for the hub on a data directory. */
  static forDataDir(dataDir: string, options: Pick<ControlClientOptions, 'timeoutMs'> = {}): ControlClient {
    const socket = new ControlSocket(dataDir);
    return new ControlClient(socket.path, { ...options, dataDir, check: () => socket.check() });
  }

  /**
   * What the hub knows about itself.
   *
   * @throws HUB_UNREACHABLE when no hub answers; what went wrong in the hub, with its code.
   */
  async status(): Promise<HubSnapshot> {
    return decodeStatus(await this.#request('GET', CONTROL_ROUTES.status));
  }

  async #request(method: 'GET', path: string): Promise<string> {
    const answer = await this.#exchange(method, path).catch((error: unknown) => {
      throw this.#unreachable(error as NodeJS.ErrnoException);
    });
    if (answer.status >= 400) throw hubError(answer);
    return answer.body;
  }

  async #exchange(method: string, path: string): Promise<Answer> {
    this.#check();
    const signal = AbortSignal.timeout(this.#timeoutMs);
    return new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: this.#socketPath, method, path, agent: false, signal }, (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) incoming.destroy(new Error(`it answers more than ${MAX_ANSWER_BYTES} bytes`));
          else chunks.push(chunk);
        });
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  #unreachable(error: NodeJS.ErrnoException): PenstockError {
    const message = `no hub answers on data directory ${this.#where}: ${this.#why(error)}`;
    return new PenstockError('HUB_UNREACHABLE', message, { cause: error });
  }

  #why(error: NodeJS.ErrnoException): string {
    switch (error.code) {
      case 'ENOENT':
        return 'it has no control socket; start one with "hub run"';
      case 'ECONNREFUSED':
        return 'the last one ended without a stop; start one with "hub run"';
      case 'EACCES':
        return 'it runs as another user; ask as that user';
      case 'ABORT_ERR':
        return `not within ${this.#timeoutMs} ms; it is stuck or suspended`;
      default:
        return error.message;
    }
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What the hub's error handler sent, as it was thrown there. */
function hubError({ status, body }: Answer): Error {
  try {
    const data = JSON.parse(body) as Partial<ErrorData>;
    if (typeof data.message === 'string') {
      return fromErrorData({ name: 'Error', stack: undefined, code: undefined, ...data, message: data.message });
    }
  } catch {
    // Not JSON: not from a hub's error handler.
  }
  return new PenstockError('HUB_UNREACHABLE', `what answers on the control socket is no hub: HTTP status ${status}`);
}
