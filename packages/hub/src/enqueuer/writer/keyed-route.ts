// A route's queues, by what makes their messages belong together: the hash of a message's order key is computed once
// for all queues of the same key, and not at all for those that have none.
import { isDeepStrictEqual } from 'node:util';
import type { OrderKey } from '../../consumer.js';
import { NO_KEY, orderKeyHash } from '../../journal/order-key.js';
import type { EnqueuedQueue } from './writer-queue.js';

interface KeyedQueues {
  readonly orderKey: OrderKey | undefined;
  readonly queues: EnqueuedQueue[];
}

export type KeyedRoute = readonly KeyedQueues[];

/** Where a DATA record lies in memory, and its place in the journal. */
export interface DataRecord {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;
  readonly position: number;
  readonly length: number;
}

/** The route to these queues. */
export function keyedRoute(queues: Iterable<EnqueuedQueue>): KeyedRoute {
  const route: KeyedQueues[] = [];
  for (const queue of queues) {
    const { orderKey } = queue;
    const same = route.find((each) => isDeepStrictEqual(each.orderKey, orderKey));
    if (same === undefined) route.push({ orderKey, queues: [queue] });
    else same.queues.push(queue);
  }
  return route;
}

/** Adds an entry for the record to each queue of the route, in the index files of the segment that begins at `segment`. */
export function addToQueues(route: KeyedRoute, segment: number, record: DataRecord): void {
  for (const { orderKey, queues } of route) {
    const { bytes, view, at, position, length } = record;
    const keyHash = orderKey === undefined ? NO_KEY : orderKeyHash(bytes, view, at, orderKey);
    for (const queue of queues) queue.add(segment, position, length, keyHash);
  }
}
