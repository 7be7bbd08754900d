// Fills a queue with what the journal already holds, by entries that point there: before anything new is enqueued, for
// a queue that is to begin with it (`startFrom`), so that the queue's order is the journal's; or at any time (replay).
import { Worker } from 'node:worker_threads';
import { PenstockError } from '../../errors.js';
import type { Entry } from '../../journal/encode.js';
import type { Enqueuer } from '../enqueuer.js';
import type { BackfillRequest, FromBackfill, SearchedRange, ToBackfill } from './protocol.js';

export interface BackfillWatch {
  /** Called first, with what the range has turned out to be. */
  began(range: SearchedRange): void;
  /** All found before the position `through` is committed to the queue, `found` entries so far. Throws to end it. */
  progress(through: number, found: number): void;
  /** What lay from one position up to another cannot be read, and is not in the queue. */
  damaged(position: number, to: number, problem: string): void;
  /** Awaited before entries are put into the queue; gives how many at most are then. */
  room?(): Promise<number>;
}

type Part = Extract<FromBackfill, { type: 'entries' }>;

export interface BackfillEnd {
  /** Entries that the queue was given. */
  readonly found: number;
  /** Bytes of the range that were not there any more, or could not be read. */
  readonly unseenBytes: number;
  /** False when `signal` has ended it. */
  readonly isComplete: boolean;
}

/**
 * @param queue The queue's number.
 * @param watch Told how the search goes on.
 * @param signal Ends it in order: what the queue was given by then is committed, and stays.
 * @throws (rejects) DATA_DAMAGED when the journal cannot be read; JOURNAL_FAILED; what `watch` throws.
 */
export async function backfill(
  enqueuer: Enqueuer,
  queue: number,
  request: BackfillRequest,
  watch: BackfillWatch,
  signal?: AbortSignal,
): Promise<BackfillEnd> {
  const worker = new Worker(new URL('./main.js', import.meta.url), { name: 'penstock backfill', workerData: request });
  let found = 0;
  let unseenBytes: number | undefined;
  const take = async (message: FromBackfill) => {
    switch (message.type) {
      case 'began':
        watch.began(message);
        break;
      case 'entries':
        await enqueue(message);
        worker.postMessage({ type: 'taken' } satisfies ToBackfill);
        break;
      case 'damaged':
        watch.damaged(message.position, message.to, message.problem);
        break;
      case 'done':
        unseenBytes = message.unseenBytes;
        break;
    }
  };
  /** Resolves when the queue has been given all of a part, or it is to end. */
  const enqueue = async ({ positions, lengths, keyHashes, through }: Part): Promise<void> => {
    if (positions.length === 0) watch.progress(through, found);
    for (let next = 0; next < positions.length; ) {
      const most = (await watch.room?.()) ?? positions.length;
      if (signal?.aborted) return;
      const entries: Entry[] = [];
      for (const last = Math.min(positions.length, next + most); next < last; next++) {
        entries.push({
          position: positions[next] as number,
          length: lengths[next] as number,
          keyHash: keyHashes[next] as number,
        });
      }
      enqueuer.appendReferences(queue, entries);
      await enqueuer.committed();
      found += entries.length;
      watch.progress(positions[next] ?? through, found);
    }
  };
  const end = () => void worker.terminate();
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  try {
    await new Promise<void>((resolve, reject) => {
      let taking: Promise<void> = Promise.resolve();
      worker.on('message', (message: FromBackfill) => {
        taking = taking.then(() => take(message));
        taking.catch(end);
      });
      worker.once('error', (cause: Error) => {
        reject(new PenstockError('DATA_DAMAGED', `the journal cannot be searched: ${cause.message}`, { cause }));
      });
      // What it had sent is taken first, so that nothing is under way any more when this is over.
      worker.once('exit', () => taking.then(resolve, reject));
    });
  } finally {
    signal?.removeEventListener('abort', end);
  }
  const isComplete = unseenBytes !== undefined;
  if (!isComplete && !signal?.aborted) {
    throw new PenstockError('DATA_DAMAGED', 'the search through the journal ended early');
  }
  return { found, unseenBytes: unseenBytes ?? 0, isComplete };
}
