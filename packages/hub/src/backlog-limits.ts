// Wires what bounds the queues' backlogs (`maxBacklog`, `whenFull`): the bounds at which sources are held, and the thread
// that takes the oldest out of the queues that have them dropped or made dead letters.
import type { Files } from './files/files.js';
import type { HubQueue } from './hub-queues.js';
import type { Interval } from './queue/interval-set.js';
import { BacklogBound } from './source/backlog-bound.js';
import type { HubLog } from './telemetry/log.js';
import type { OverflowTask } from './thread/overflow/protocol.js';
import { OverflowThread } from './thread/overflow-thread.js';

/** The bounds of the queues with `whenFull: 'block'`, by the queue's number. */
export function blockingBounds(queues: readonly HubQueue[]): ReadonlyMap<number, BacklogBound> {
  const bounds = new Map<number, BacklogBound>();
  for (const { number, name, queue, spec } of queues) {
    if (spec?.maxBacklog === undefined || spec.whenFull !== 'block') continue;
    bounds.set(number, new BacklogBound(name, queue, spec.maxBacklog));
  }
  return bounds;
}

export interface OverflowEnvironment {
  readonly files: Files;
  readonly durable: boolean;
  readonly journalDirectory: string;
  readonly freshFrom: number;
  readonly log: HubLog;
}

/** What keeps the other queues that have a bound at it, also those whose consumers do not run; undefined without any. */
export function createOverflowThread(
  queues: readonly HubQueue[],
  environment: OverflowEnvironment,
): OverflowThread | undefined {
  const tasks = queues.map(overflowTaskOf).filter((task) => task !== undefined);
  if (tasks.length === 0) return undefined;
  const left = (consumer: string, entries: readonly Interval[]) =>
    queues.find(({ name }) => name === consumer)?.takeOutLetters('overflow', entries, environment.log);
  return new OverflowThread({ ...environment, queues: tasks, left });
}

function overflowTaskOf(hubQueue: HubQueue): OverflowTask | undefined {
  const { name, spec, forWriter, settledBefore, firstIncarnation, keyedFrom } = hubQueue;
  if (spec?.maxBacklog === undefined || spec.whenFull === 'block') return undefined;
  const { number, directory, shared, shape, orderKey } = forWriter;
  return {
    consumer: name,
    queueNumber: number,
    queueDirectory: directory,
    shared,
    shape,
    maxBacklog: spec.maxBacklog,
    whenFull: spec.whenFull,
    orderKey,
    keyedFrom,
    incarnation: firstIncarnation,
    alreadySettled: settledBefore.intervals,
    returned: [],
    retries: [],
  };
}
