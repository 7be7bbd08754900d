// `rateLimit` with real threads. That no period has more begins than the limit is tested to the nanosecond beside the
// source; here, that every delivery of every thread is under it: so many of them cannot have begun any earlier.
import { join } from 'node:path';
import type { HubConfig } from '@penstock/hub';
import { expect, it } from 'vitest';
import { readDeliveries } from './support/deliveries.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, numbers, publishNumbers, startHub } from './support/test-hub.js';

const LIMIT = { messages: 4, perMs: 250 };
const DELIVERIES = 20;
/** When the last of them can begin, after the first. */
const LEAST_MS = (DELIVERIES / LIMIT.messages - 1) * LIMIT.perMs;

type ConsumerConfig = NonNullable<HubConfig['consumers']>[string];

/** Publishes a message for each of so many deliveries; resolves when all are settled, and gives how long that took. */
async function deliver(consumer: Partial<ConsumerConfig>, messages: number, topic: string) {
  const dataDir = tempDir();
  const log = join(dataDir, 'log');
  const a = { module: fixture('fail'), rateLimit: LIMIT, options: { log, failures: 1, yields: 1 }, ...consumer };
  const hub = await startHub({ dataDir, consumers: { a } });
  const startedMs = performance.now();
  await publishNumbers(hub, 0, messages, topic);
  await allSettled(hub);
  const tookMs = performance.now() - startedMs;
  expect(consumerOf(hub, 'a').settledTotal.acknowledged).toBe(messages);
  return { tookMs, got: readDeliveries(log).map(({ text, attempt }) => `${text} ${attempt}`) };
}

it.each([
  { threads: 1, concurrency: 1 },
  { threads: 2, concurrency: 10 },
])('all threads of a consumer are under one limit, $threads with concurrency $concurrency', async (consumer) => {
  const { tookMs, got } = await deliver(consumer, DELIVERIES, 'test.good');
  expect(tookMs).toBeGreaterThanOrEqual(LEAST_MS);
  expect(got.toSorted()).toEqual(
    numbers(0, DELIVERIES)
      .map((text) => `${text} 1`)
      .toSorted(),
  );
});

it('a message that is delivered again takes a turn again', async () => {
  const retry = { backoff: { initialMs: 0 } };
  const { tookMs, got } = await deliver({ retry }, DELIVERIES / 2, 'test.bad');
  expect(got.length).toBe(DELIVERIES);
  expect(tookMs).toBeGreaterThanOrEqual(LEAST_MS);
});
