// The hub's end of the control socket: what the `hub` command asks a running hub, and later tells it to do. Over a
// Unix socket that only the hub's own user may connect to, so that being able to connect is the permission.
import type { FastifyInstance } from 'fastify';
import { toErrorData } from '../errors.js';
import { Service } from '../lifecycle.js';
import type { HubSnapshot } from '../telemetry/snapshot.js';
import { CONTROL_ROUTES, encodeStatus } from './control-protocol.js';
import { ControlSocket } from './control-socket.js';
import { close, createServer, listen } from './fastify-server.js';

export interface ControlServerOptions {
  /** The data directory, which exists and is locked by this hub. */
  readonly dataDir: string;
  readonly snapshot: () => HubSnapshot;
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
    const { snapshot } = this.#options;
    app.get(CONTROL_ROUTES.status, (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(encodeStatus(snapshot())),
    );
    // An error crosses the socket with its code, message and stack, as it crosses a thread.
    app.setErrorHandler((error, _request, reply) => reply.code(500).send(toErrorData(error)));
  }
}
