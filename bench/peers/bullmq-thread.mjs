// A consumer of the BullMQ peer, in its thread.
import { Worker } from 'bullmq';
import { connectionTo } from './bullmq.mjs';
import { runConsumer } from './consumer-thread.mjs';

/** The value that its docs show; more of it made no difference here. */
const CONCURRENCY = 50;

await runConsumer(async ({ port, consumer }, consume) => {
  const worker = new Worker(consumer, (job) => consume(Buffer.from(job.data.body, 'base64')), {
    connection: connectionTo(port),
    concurrency: CONCURRENCY,
  });
  await worker.waitUntilReady();
  return () => worker.close();
});
