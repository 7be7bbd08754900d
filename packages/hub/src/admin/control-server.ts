// The hub's end of the control socket: what the `hub` command asks a running hub, and tells it to do. Over a Unix
// socket that only the hub's own user may connect to, so that being able to connect is the permission.
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../consumer-context.js';
import { toErrorData } from '../errors.js';
import { Service } from '../lifecycle.js';
import { encodeJson, JSON_TYPE } from './control-protocol.js';
import { ControlSocket } from './control-socket.js';
import { close, createServer, listen } from './fastify-server.js';

/**
 * Adds one group of routes; each group has a `…-routes.ts` of its own. The instance is the group's alone: parsers and
 * hooks that it adds do not touch the others' routes. What a handler returns crosses as JSON, what it throws crosses
 * with its code. A route that changes anything writes a line to `log` at level info.
 */
export type ControlRoutes = (app: FastifyInstance, log: Logger) => void;

export interface ControlServerOptions {
  /** The data directory, which exists and is locked by this hub. */
  readonly dataDir: string;
  readonly log: Logger;
  /** All that can be asked. */
  readonly routes: readonly ControlRoutes[];
}

export class ControlServer extends Service {
  readonly #options: ControlServerOptions;
  #app: FastifyInstance | undefined;
  #socket: ControlSocket | undefined;

  constructor(options: ControlServerOptions) {
    super();
    this.#options = options;
  }

  /** @throws CONTROL_SOCKET_FAILED */
  protected override async onStart(): Promise<void> {
    const app = createServer();
    this.#app = app;
    this.#addRoutes(app);
    const socket = new ControlSocket(this.#options.dataDir);
    await socket.place((path) => listen(app, { path }));
    this.#socket = socket;
  }

  protected override async onStop(): Promise<void> {
    const [app, socket] = [this.#app, this.#socket];
    this.#app = undefined;
    this.#socket = undefined;
    socket?.remove();
    if (app !== undefined) await close(app);
  }

  #addRoutes(app: FastifyInstance): void {
    const { routes, log } = this.#options;
    app.setReplySerializer(encodeJson);
    // An error crosses the socket with its code, message and stack, as it crosses a thread.
    app.setErrorHandler((error, _request, reply) => reply.code(500).type(JSON_TYPE).send(toErrorData(error)));
    for (const add of routes) app.register(async (scope) => add(scope, log));
  }
}
