// The CLI's end of the control socket: asks a running hub, and tells a hub that is not there from one that refuses.
// What can be asked is in the *-routes.ts files, which build on request() and follow().
import { type IncomingMessage, request } from 'node:http';
import { type ErrorData, fromErrorData, PenstockError } from '../errors.js';
import type { HubSnapshot } from '../telemetry/snapshot.js';
import { BYTES_TYPE, decodeJson, encodeJson, JSON_TYPE } from './control-protocol.js';
import { ControlSocket } from './control-socket.js';
import { STATUS_PATH } from './status-routes.js';

/** How long a hub may take to answer, in milliseconds. */
const TIMEOUT_MS = 5_000;

/** The longest answer that is read; the status of a thousand consumers takes 2 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The longest line of an answer that goes on. */
const MAX_LINE_LENGTH = 1024 * 1024;

export type ControlMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

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
    return (await this.request('GET', STATUS_PATH)) as HubSnapshot;
  }

  /**
   * Asks for one thing.
   *
   * @param body Bytes travel as they are, all else as JSON.
   * @returns What the route's handler gave, without fields that were undefined; undefined for an empty answer.
   * @throws HUB_UNREACHABLE when no hub answers; what went wrong in the hub, with its code.
   */
  async request(method: ControlMethod, path: string, body?: unknown): Promise<unknown> {
    const exchange = async () => {
      const incoming = await this.#send(method, path, body, AbortSignal.timeout(this.#timeoutMs));
      return { status: incoming.statusCode ?? 0, text: await readText(incoming) };
    };
    const answer = await exchange().catch((error: unknown) => this.#failUnreachable(error));
    if (answer.status >= 400) throw hubError(answer);
    return answer.text === '' ? undefined : decodeJson(answer.text);
  }

  /**
   * Asks for something that goes on: yields what comes, one JSON value a line, until the hub or `signal` ends it.
   *
   * @param body Given, it is a POST; else a GET.
   * @throws HUB_UNREACHABLE when no hub answers, or it is cut off in the middle; what went wrong in the hub.
   */
  async *follow(path: string, signal: AbortSignal, body?: unknown): AsyncGenerator<unknown, void> {
    // The time limit is for the beginning alone: from then on, the hub speaks when it has something to say.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#timeoutMs);
    const method = body === undefined ? 'GET' : 'POST';
    const opening = this.#send(method, path, body, AbortSignal.any([signal, late.signal]));
    const incoming = await opening
      .catch((error: unknown) => (signal.aborted ? undefined : this.#failUnreachable(error)))
      .finally(() => clearTimeout(timer));
    if (incoming === undefined) return;
    const status = incoming.statusCode ?? 0;
    if (status >= 400) throw hubError({ status, text: await readText(incoming) });
    try {
      for await (const line of linesOf(incoming)) yield decodeJson(line);
    } catch (error) {
      if (!signal.aborted) this.#failUnreachable(error);
    } finally {
      incoming.destroy();
    }
  }

  /** Resolves when the answer begins. */
  async #send(method: ControlMethod, path: string, body: unknown, signal: AbortSignal): Promise<IncomingMessage> {
    this.#check();
    const bytes = body instanceof Uint8Array ? body : body === undefined ? undefined : Buffer.from(encodeJson(body));
    const headers =
      bytes === undefined
        ? {}
        : { 'content-type': bytes === body ? BYTES_TYPE : JSON_TYPE, 'content-length': bytes.byteLength };
    return new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: this.#socketPath, method, path, headers, agent: false, signal }, resolve);
      outgoing.on('error', reject);
      outgoing.end(bytes);
    });
  }

  #failUnreachable(error: unknown): never {
    throw this.#unreachable(error as NodeJS.ErrnoException);
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
      case 'ECONNRESET':
        return 'it ended before it had answered';
      case 'EACCES':
        return 'it runs as another user; ask as that user';
      case 'ABORT_ERR':
        return `not within ${this.#timeoutMs} ms; it is stuck or suspended`;
      default:
        return error.message;
    }
  }
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`it answers more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

async function* linesOf(incoming: IncomingMessage): AsyncGenerator<string, void> {
  let begun = '';
  for await (const chunk of incoming.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (begun + chunk).split('\n');
    begun = lines.pop() ?? '';
    yield* lines;
    if (begun.length > MAX_LINE_LENGTH) throw new Error(`it answers a line of more than ${MAX_LINE_LENGTH} characters`);
  }
}

/** What the hub's error handler sent, as it was thrown there. */
function hubError({ status, text }: { readonly status: number; readonly text: string }): Error {
  try {
    const data = JSON.parse(text) as Partial<ErrorData>;
    if (typeof data.message === 'string') {
      if (status === 404) {
        const message = `${data.message}: the hub is of another version than this command; restart it with the same`;
        return new PenstockError('HUB_UNREACHABLE', message);
      }
      // The server's own answer, with no code of ours, to what comes while it closes.
      if (status === 503) return new PenstockError('HUB_NOT_RUNNING', 'the hub is stopping');
      return fromErrorData({ name: 'Error', stack: undefined, code: undefined, ...data, message: data.message });
    }
  } catch {
    // Not JSON: not from a hub's error handler.
  }
  return new PenstockError('HUB_UNREACHABLE', `what answers on the control socket is no hub: HTTP status ${status}`);
}
