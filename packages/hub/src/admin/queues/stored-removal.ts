// The removal of a queue from a data directory on which no hub runs.
import { PenstockError } from '../../errors.js';
import { DirectoryLock } from '../../files/directory-lock.js';
import type { Files } from '../../files/files.js';
import { queueFolder } from '../../queue/registry.js';
import { deleteSome, retireQueue } from '../../queue/removal.js';
import { queueNotEmpty, queueNotFound } from './queue-errors.js';
import type { RemovedQueue } from './standing.js';
import { readStoredQueues } from './stored-queues.js';

export interface StoredRemoval {
  /** Whether to remove it although messages wait in it. */
  readonly discard: boolean;
  /** Names of the config's consumers, whose queues are not removed; undefined when there is no config to ask. */
  readonly consumers: readonly string[] | undefined;
}

/**
 * Removes a queue for good. No hub can start on the directory meanwhile; cut off anywhere, the queue is whole or gone.
 * The segments that it kept go at the next start.
 *
 * @throws QUEUE_NOT_FOUND, QUEUE_IN_USE, QUEUE_NOT_EMPTY; DATA_DIR_LOCKED when a hub runs after all; DATA_DIR_UNUSABLE,
 *   DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED.
 */
export function removeStoredQueue(
  files: Files,
  dataDirectory: string,
  name: string,
  { discard, consumers }: StoredRemoval,
): RemovedQueue {
  // Before the lock, whose file would be the first thing in a folder that is no data directory.
  readStoredQueues(files, dataDirectory, consumers);
  const lock = DirectoryLock.acquire(dataDirectory);
  try {
    const { queues } = readStoredQueues(files, dataDirectory, consumers);
    const queue = queues.find((each) => each.name === name);
    if (queue === undefined) {
      throw queueNotFound(
        name,
        queues.map((each) => each.name),
        dataDirectory,
      );
    }
    if (consumers?.includes(name)) {
      throw new PenstockError(
        'QUEUE_IN_USE',
        `queue "${name}" belongs to a consumer of the config; take "${name}" out of its consumers, and then remove the queue`,
      );
    }
    const { number, backlog, deadLetters } = queue;
    if (backlog + deadLetters > 0 && !discard) throw queueNotEmpty(name, backlog, deadLetters);
    const retired = retireQueue(files, queueFolder(dataDirectory, queue));
    deleteSome(files, retired, Number.POSITIVE_INFINITY);
    return { number, name, discarded: backlog, deadLetters };
  } finally {
    lock.release();
  }
}
