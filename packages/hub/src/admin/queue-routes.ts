// What the CLI asks a running hub about its queues, and the removal of one: both ends.
import type { ControlClient } from './control-client.js';
import type { ControlRoutes } from './control-server.js';
import type { QueuePlace, QueueStanding, RemovedQueue } from './queues/standing.js';

const QUEUES_PATH = '/queues';
/** The name is in the query: as a part of the path it could be too long, and have an answer that is no error of ours. */
const QUEUE_PATH = '/queue';

interface QueueQuery {
  readonly name: string;
  readonly discard?: string;
}

/** What of a hub these routes need. */
export interface QueueAdmin {
  queues(): readonly QueueStanding[];
  /** @throws QUEUE_NOT_FOUND */
  queue(name: string): QueuePlace;
  /** @throws (rejects) QUEUE_NOT_FOUND, QUEUE_IN_USE, QUEUE_NOT_EMPTY, HUB_NOT_RUNNING, JOURNAL_FAILED */
  removeQueue(name: string, options: { discard: boolean }): Promise<RemovedQueue>;
}

/** `GET /queues`, `GET /queue?name=…`, `DELETE /queue?name=…&discard=true`; the hub itself logs the removal. */
export function queueRoutes(hub: QueueAdmin): ControlRoutes {
  return (app) => {
    app.get(QUEUES_PATH, (_request, reply) => reply.send(hub.queues()));
    app.get<{ Querystring: QueueQuery }>(QUEUE_PATH, ({ query }, reply) => reply.send(hub.queue(query.name)));
    app.delete<{ Querystring: QueueQuery }>(QUEUE_PATH, async ({ query }) =>
      hub.removeQueue(query.name, { discard: query.discard === 'true' }),
    );
  };
}

/**
 * All queues of a running hub.
 *
 * @throws HUB_UNREACHABLE
 */
export async function askQueues(client: ControlClient): Promise<QueueStanding[]> {
  return (await client.request('GET', QUEUES_PATH)) as QueueStanding[];
}

/**
 * One queue of a running hub, with what of it is unsettled at this moment.
 *
 * @throws HUB_UNREACHABLE, QUEUE_NOT_FOUND
 */
export async function askQueue(client: ControlClient, name: string): Promise<QueuePlace> {
  return (await client.request('GET', pathOf({ name }))) as QueuePlace;
}

/**
 * Has a running hub remove a queue that has no consumer any more.
 *
 * @param options.discard Whether to remove it although messages wait in it.
 * @throws HUB_UNREACHABLE, QUEUE_NOT_FOUND, QUEUE_IN_USE, QUEUE_NOT_EMPTY, HUB_NOT_RUNNING, JOURNAL_FAILED
 */
export async function askToRemoveQueue(
  client: ControlClient,
  name: string,
  { discard }: { discard: boolean },
): Promise<RemovedQueue> {
  return (await client.request('DELETE', pathOf({ name, discard: String(discard) }))) as RemovedQueue;
}

const pathOf = (query: QueueQuery): string => `${QUEUE_PATH}?${new URLSearchParams({ ...query })}`;
