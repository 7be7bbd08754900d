// Fills a queue with what the journal already holds, by entries that point there (`startFrom: 'earliest'`).
// Before anything new is enqueued, so that the queue's order is the journal's.
import { Worker } from 'node:worker_threads';
import { PenstockError } from '../../errors.js';
import type { Enqueuer } from '../enqueuer.js';
import type { BackfillRequest, FromBackfill, ToBackfill } from './protocol.js';

/**
 * @param queue The queue's number.
 * @param progress Called as the search goes on, with the position it has come to and how many entries it found.
 * @returns How many entries the queue was given.
 * @throws DATA_DAMAGED when the journal cannot be read; JOURNAL_FAILED.
 */
export async function backfill(
  enqueuer: Enqueuer,
  queue: number,
  request: BackfillRequest,
  progress: (through: number, found: number) => void,
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
      const entries = Array.from(message.positions, (position, index) => ({
        position,
        length: message.lengths[index] as number,
      }));
      enqueuer.appendReferences(queue, entries);
      await enqueuer.committed();
      found += entries.length;
      progress(message.through, found);
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
