// Wires the control socket: which groups of routes it has, and what of the hub each of them gets.
import { auditRoutes } from './admin/audit-routes.js';
import { consumerRoutes } from './admin/consumer-routes.js';
import { ControlServer } from './admin/control-server.js';
import { deadLetterRoutes } from './admin/dead-letter-routes.js';
import { journalRoutes } from './admin/journal-routes.js';
import { type PublishTarget, publishRoutes } from './admin/publish-routes.js';
import { queueRoutes } from './admin/queue-routes.js';
import { replayRoutes } from './admin/replay-routes.js';
import { statusRoutes } from './admin/status-routes.js';
import type { Logger } from './consumer-context.js';
import type { HubEmitter } from './hub-emitter.js';
import type { Operators } from './hub-operations.js';
import type { Pipeline } from './pipeline.js';
import type { HubSnapshot } from './telemetry/snapshot.js';

export interface HubControlOptions {
  readonly pipeline: Pipeline;
  readonly events: HubEmitter;
  readonly log: Logger;
  readonly maxMessageBytes: number;
  readonly snapshot: () => HubSnapshot;
  readonly append: PublishTarget['append'];
  readonly operators: Operators;
}

/** Makes the control server of a hub whose pipeline is open. */
export function createHubControl(options: HubControlOptions): ControlServer {
  const { pipeline, events, log, maxMessageBytes, snapshot, append, operators } = options;
  const { enqueuer, directory } = pipeline;
  const { hubId } = directory;
  const target = { hubId, maxMessageBytes, append, committed: () => enqueuer.committed() };
  const journal = {
    hubId,
    committedPosition: () => enqueuer.committedPosition,
    onCommitted(listener: () => void) {
      events.on('journal:committed', listener);
      return () => events.off('journal:committed', listener);
    },
  };
  const routes = [
    statusRoutes(snapshot),
    publishRoutes(target),
    journalRoutes(journal),
    queueRoutes(operators.queues),
    consumerRoutes(operators.consumers),
    replayRoutes(operators.replays),
    deadLetterRoutes(operators.deadLetters),
    auditRoutes(() => pipeline.queues.map((queue) => queue.audit()).filter((audit) => audit !== undefined)),
  ];
  return new ControlServer({ dataDir: directory.path, log, routes });
}
