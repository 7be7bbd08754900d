// Looks through the journal for what a queue is to be given. In a thread of its own, since reading gigabytes would
// hold up whichever thread did it; it waits after each part until that is in the queue.
import { parentPort, workerData } from 'node:worker_threads';
import { NodeFiles } from '../../files/node-files.js';
import type { BackfillRequest, FromBackfill, ToBackfill } from './protocol.js';
import { JournalSearch } from './search.js';

const port = parentPort;
if (port === null) throw new Error('the backfill runs in a worker thread');

let taken: (() => void) | undefined;
port.on('message', (_message: ToBackfill) => taken?.());

const search = new JournalSearch(new NodeFiles({ durable: true }), workerData as BackfillRequest);
for (const message of search.run()) {
  const received = new Promise<void>((resolve) => {
    taken = resolve;
  });
  port.postMessage(message satisfies FromBackfill);
  if (message.type === 'entries') await received;
}
port.close();
