// Fills a queue with what the journal already holds, by entries that point there (`startFrom: 'earliest'`).
// Before anything new is enqueued, so that the queue's order is the journal's.
import { Worker } from 'node:worker_threads';
import { PenstockError } from '../../errors.js';
import type { Enqueuer } from '../enqueuer.js';
import type { BackfillRequest, FromBackfill, ToBackfill } from './protocol.js';

export interface BackfillWatch {
  /** Called as the search goes on, with the position it has come to and how many entries it found; throws to end it. */
  progress(through: number, found: number): void;
  /** From this position on, the rest of a segment cannot be read, and what lay there is not in the queue. */
  damaged(position: number, problem: string): void;
}

/**
 * @param queue The queue's number.
 * @param watch Told how the search goes on.
 * @returns How many entries the queue was given.
 * @throws DATA_DAMAGED when the journal cannot be read; JOURNAL_FAILED.
 */
export async function backfill(
  enqueuer: Enqueuer,
  queue: number,
  request: BackfillRequest,
  watch: BackfillWatch,
): Promise<number> {
  const worker = new Worker(new URL('./main.js', import.meta.url), { name: 'penstock backfill', workerData: request });
  let found = 0;
  let done = false;
  await new Promise<void>((resolve, reject) => {
    const take = async (message: FromBackfill) => {
      if (message.type === 'done') {
        done = true;
        return;
      }
      if (message.type === 'damaged') {
        watch.damaged(message.position, message.problem);
        return;
      }
      const entries = Array.from(message.positions, (position, index) => ({
        position,
        length: message.lengths[index] as number,
      }));
      enqueuer.appendReferences(queue, entries);
      await enqueuer.committed();
      found += entries.length;
      watch.progress(message.through, found);
      worker.postMessage({ type: 'taken' } satisfies ToBackfill);
    };
    worker.on('message', (message: FromBackfill) => {
      take(message).catch(async (error: unknown) => {
        await worker.terminate();
        reject(error);
      });
    });
    worker.once('error', (cause: Error) => {
      reject(new PenstockError('DATA_DAMAGED', `the journal cannot be searched: ${cause.message}`, { cause }));
    });
    worker.once('exit', () => {
      if (done) resolve();
      else reject(new PenstockError('DATA_DAMAGED', 'the search through the journal ended early'));
    });
  });
  return found;
}
