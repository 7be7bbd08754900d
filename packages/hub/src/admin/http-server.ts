// The hub's HTTP side: /metrics for Prometheus, /livez and /readyz for whatever supervises the hub. It only reads;
// whatever changes something goes over the control socket.
import { type AddressInfo, BlockList, isIP, isIPv6 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../consumer-context.js';
import { PenstockError } from '../errors.js';
import { Service } from '../lifecycle.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { HubSnapshot } from '../telemetry/snapshot.js';
import { close, createServer, listen } from './fastify-server.js';

export interface HttpServerOptions {
  /** Name or address to listen on. */
  readonly host: string;
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly metrics: Pick<Metrics, 'contentType' | 'render'>;
  readonly snapshot: () => HubSnapshot;
  readonly log: Logger;
}

const ENDPOINTS = {
  '/metrics': 'metrics in the text format of Prometheus',
  '/livez': '200 as long as the hub answers',
  '/readyz': '200 when every consumer runs or is paused, and messages are taken; else 503 and why not, a line each',
} as const;

export class HttpServer extends Service {
  readonly #options: HttpServerOptions;
  #app: FastifyInstance | undefined;
  #url: string | undefined;

  constructor(options: HttpServerOptions) {
    super();
    this.#options = options;
  }

  /** Where it is reached, such as `http://127.0.0.1:9464`; undefined while it does not run. */
  get url(): string | undefined {
    return this.#url;
  }

  /** @throws PORT_IN_USE naming the address, when it is taken or may not be used. */
  protected override async onStart(): Promise<void> {
    const { host, port, log } = this.#options;
    this.#app = createServer();
    this.#addRoutes(this.#app);
    try {
      await listen(this.#app, { host, port });
    } catch (error) {
      throw listenError(error as NodeJS.ErrnoException, host, port);
    }
    this.#url = urlOf(host, (this.#app.server.address() as AddressInfo).port);
    if (!isLoopback(host)) {
      log.warn('http listens beyond this machine: whoever reaches it reads the metrics', { url: this.#url });
    }
  }

  protected override async onStop(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    this.#url = undefined;
    if (app !== undefined) await close(app);
  }

  #addRoutes(app: FastifyInstance): void {
    const { metrics, snapshot, log } = this.#options;
    app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
    app.get('/livez', (_request, reply) => reply.type(PLAIN).send('live\n'));
    app.get('/readyz', (_request, reply) => {
      const { notReady } = snapshot();
      if (notReady.length === 0) return reply.type(PLAIN).send('ready\n');
      return reply
        .code(503)
        .type(PLAIN)
        .send(`${notReady.join('\n')}\n`);
    });
    app.setNotFoundHandler((request, reply) => {
      const lines = Object.entries(ENDPOINTS).map(([path, what]) => `  ${path.padEnd(9)} ${what}\n`);
      return reply
        .code(404)
        .type(PLAIN)
        .send(`no ${request.method} ${request.url} here; there is\n${lines.join('')}`);
    });
    app.setErrorHandler((error, request, reply) => {
      const status = (error as { statusCode?: number }).statusCode ?? 500;
      if (status >= 500) log.error('http request failed', { path: request.url, err: error });
      return reply
        .code(status)
        .type(PLAIN)
        .send(`${(error as Error).message}\n`);
    });
  }
}

const PLAIN = 'text/plain; charset=utf-8';

const urlOf = (host: string, port: number): string => `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'localhost';
  return LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** What goes wrong when a server is to listen, and what to do about it. */
const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken; stop what listens there, or choose another http.port',
  EACCES: 'the port may not be used by this user; choose an http.port above 1023',
  EADDRNOTAVAIL: 'the address is none of this machine; choose another http.host',
  ENOTFOUND: 'the name is not known; choose another http.host',
};

function listenError(error: NodeJS.ErrnoException, host: string, port: number): PenstockError {
  const problem = LISTEN_PROBLEMS[error.code ?? ''] ?? `${error.message}; choose another http.host or http.port`;
  const where = urlOf(host, port).slice('http://'.length);
  return new PenstockError('PORT_IN_USE', `http: cannot listen on ${where}: ${problem}, or set http: false`, {
    cause: error,
  });
}
