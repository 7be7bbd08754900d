// How far the queues of a data directory have come on which no hub runs: worked out by the code that a hub's start runs,
// on files of which nothing is changed, so that it says just what a start would find.

import { countLetters } from '../../dead-letters/letter-search.js';
import { PenstockError } from '../../errors.js';
import type { Files } from '../../files/files.js';
import { readHubFile } from '../../files/hub-file.js';
import { openAsStart, type QueueAsStart } from '../../integrity/as-start.js';
import { RecordReader } from '../../journal/record-reader.js';
import { unsettledIntervals } from '../../queue/held.js';
import { restoreQueue } from '../../queue/queue-state.js';
import type { Queue } from '../../queue/registry.js';
import type { QueueShared } from '../../queue/shared.js';
import { readSettledState } from '../../settlement/settled-state.js';
import { QueueGauges } from '../../telemetry/queue-gauges.js';
import { MOST_INTERVALS, type QueuePlace } from './standing.js';

export interface StoredQueues {
  /** The files as a start would leave them; nothing written to them reaches the disk. */
  readonly files: Files;
  readonly queues: readonly QueuePlace[];
}

/**
 * Reads where the queues stand. After an unclean stop this reads the last segment through, and takes memory for its size.
 *
 * @param below The files of the data directory; they are only read.
 * @param consumers Names of the config's consumers: a queue without one is `removed`; undefined when they are not known.
 * @throws DATA_DIR_UNUSABLE when there is no data directory, DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED
 */
export function readStoredQueues(
  below: Files,
  dataDirectory: string,
  consumers: readonly string[] | undefined,
): StoredQueues {
  const hub = readHubFile(below, dataDirectory);
  if (hub === undefined) throw noHubThere(dataDirectory);
  const { files, queues } = openAsStart(below, dataDirectory, hub);
  const journal = `${dataDirectory}/journal`;
  return { files, queues: queues.map((queue) => new StoredQueue(files, journal, queue).place(consumers)) };
}

/** That there is no data directory. */
export const noHubThere = (dataDirectory: string): PenstockError =>
  new PenstockError(
    'DATA_DIR_UNUSABLE',
    `there are no queues in ${dataDirectory}: no hub has ever run on it; name another with --data-dir or --config`,
  );

class StoredQueue {
  readonly #record: Queue;
  readonly #shared: QueueShared;
  readonly #files: Files;
  readonly #journal: string;

  constructor(files: Files, journal: string, { record, shared }: QueueAsStart) {
    this.#files = files;
    this.#journal = journal;
    this.#record = record;
    this.#shared = shared;
  }

  place(consumers: readonly string[] | undefined): QueuePlace {
    const { number, name, directory, added, topics } = this.#record;
    const { settled } = readSettledState(this.#files, `${directory}/settled`, number);
    const settledBefore = restoreQueue(this.#files, directory, this.#shared, settled);
    const records = new RecordReader(this.#files, this.#journal, Number.POSITIVE_INFINITY);
    const gauges = new QueueGauges(this.#files, records, directory, this.#shared);
    const { threads, backlog, backlogBytes, inFlight, oldestMessageAgeSeconds } = gauges.snapshot();
    gauges.close();
    const isSettled = (ordinal: number) => settled.has(ordinal);
    return {
      number,
      name,
      added,
      topics,
      state: this.#state(consumers),
      problem: undefined,
      threads,
      backlog,
      backlogBytes,
      inFlight,
      deadLetters: countLetters({ files: this.#files, directory, queueNumber: number, isSettled }),
      oldestMessageAgeSeconds,
      enqueued: this.#shared.enqueued.get(),
      unsettled: unsettledIntervals(this.#shared, settledBefore, MOST_INTERVALS),
    };
  }

  /** A paused one is stopped now, and will not run when a hub does. */
  #state(consumers: readonly string[] | undefined): QueuePlace['state'] {
    const { name, paused } = this.#record;
    if (consumers !== undefined && !consumers.includes(name)) return 'removed';
    return paused === undefined ? 'stopped' : 'paused';
  }
}
