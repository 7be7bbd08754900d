// The audit of a running hub's queues, asked for by the CLI: both ends.
import type { QueueAudit } from '../integrity/audit.js';
import type { ControlClient } from './control-client.js';
import type { ControlRoutes } from './control-server.js';

const AUDIT_PATH = '/audit';

/** `GET /audit`: every queue's account at this moment. */
export function auditRoutes(audit: () => readonly QueueAudit[]): ControlRoutes {
  return (app) => {
    app.get(AUDIT_PATH, (_request, reply) => reply.send(audit()));
  };
}

/**
 * All queues' accounts, each read at one moment.
 *
 * @throws HUB_UNREACHABLE
 */
export async function askForAudit(client: ControlClient): Promise<QueueAudit[]> {
  return (await client.request('GET', AUDIT_PATH)) as QueueAudit[];
}
