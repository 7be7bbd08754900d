// What a hub tells of itself over the control socket.
import type { HubSnapshot } from '../telemetry/snapshot.js';
import type { ControlRoutes } from './control-server.js';

export const STATUS_PATH = '/status';

/** `GET /status`: the hub's snapshot. */
export function statusRoutes(snapshot: () => HubSnapshot): ControlRoutes {
  return (app) => {
    app.get(STATUS_PATH, (_request, reply) => reply.send(snapshot()));
  };
}
