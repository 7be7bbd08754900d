// The files of a data directory on which no hub runs, as a start would leave them: brought there by the code that a start
// runs, on files of which nothing is changed.
import { openJournal } from '../enqueuer/writer/recovery.js';
import { EnqueuedQueue } from '../enqueuer/writer/writer-queue.js';
import { CopyOnWriteFiles } from '../files/copy-on-write.js';
import type { Files } from '../files/files.js';
import type { HubFile } from '../files/hub-file.js';
import { type Queue, QueueRegistry } from '../queue/registry.js';
import { NO_THREADS, QueueShared } from '../queue/shared.js';

/** A queue, and how far the journal says it has come. */
export interface QueueAsStart {
  readonly record: Queue;
  readonly shared: QueueShared;
}

export interface DirectoryAsStart {
  /** Nothing written to them reaches the disk. */
  readonly files: Files;
  readonly queues: readonly QueueAsStart[];
}

/**
 * After an unclean stop this reads the last segment through, and takes memory for its size.
 *
 * @param below The files of the data directory; they are only read.
 * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED
 */
export function openAsStart(
  below: Files,
  dataDirectory: string,
  { clean, ends }: Pick<HubFile, 'clean' | 'ends'>,
): DirectoryAsStart {
  const files = new CopyOnWriteFiles(below);
  const queues = new QueueRegistry(files, dataDirectory).list().map((record) => {
    const shared = new QueueShared(QueueShared.allocate(NO_THREADS), NO_THREADS);
    const { number, name, directory } = record;
    const enqueued = new EnqueuedQueue(files, {
      number,
      name,
      directory,
      shared: shared.buffer,
      shape: NO_THREADS,
      orderKey: undefined,
    });
    return { record, shared, enqueued };
  });
  const byNumber = new Map(queues.map(({ record, enqueued }) => [record.number, enqueued]));
  openJournal(files, `${dataDirectory}/journal`, byNumber, clean, clean ? ends : undefined);
  return { files, queues };
}
