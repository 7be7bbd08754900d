// What a monitoring system reads of a running hub: each consumer's own backlog, exact while deliveries are held, at
// /metrics and in the snapshot alike, and the same however often it is read.
import { join } from 'node:path';
import type { Hub } from '@penstock/hub';
import { expect, it } from 'vitest';
import { readDeliveries } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { Scrape } from './support/scrape.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const metricsOf = (hub: Hub): string => `${hub.httpUrl}/metrics`;

it('a held consumer’s backlog shows at /metrics, message by message, and nobody else’s does', async () => {
  const folder = tempDir();
  const gate = new Gate();
  const module = fixture('record');
  const hub = await startHub({
    dataDir: join(folder, 'data'),
    http: { port: 0 },
    consumers: {
      held: { module, concurrency: 2, options: { log: join(folder, 'held.log'), gate: gate.memory } },
      free: { module, options: { log: join(folder, 'free.log') } },
    },
  });
  const value = async (name: string, consumer: string): Promise<number> =>
    (await Scrape.of(metricsOf(hub))).value(`penstock_consumer_${name}`, { consumer });

  await publishNumbers(hub, 0, 50);
  await Scrape.until(metricsOf(hub), (scrape) => scrape.value('penstock_consumer_backlog', { consumer: 'free' }) === 0);
  await until('two are in flight', () => consumerOf(hub, 'held').inFlight === 2);
  expect(await value('backlog', 'held')).toBe(50);
  expect(await value('in_flight', 'held')).toBe(2);
  expect(await value('backlog_bytes', 'held')).toBeGreaterThan(50);
  expect(await value('backlog_bytes', 'free')).toBe(0);
  expect(await value('enqueued_total', 'held')).toBe(50);
  const age = await value('oldest_message_age_seconds', 'held');
  await until('the oldest message ages', async () => (await value('oldest_message_age_seconds', 'held')) > age);

  for (let passed = 1; passed <= 10; passed++) {
    gate.allow(1);
    await until('one more is settled', () => consumerOf(hub, 'held').backlog === 50 - passed);
    expect(await value('backlog', 'held')).toBe(50 - passed);
  }
  gate.open();
  await allSettled(hub);
  const scrape = await Scrape.of(metricsOf(hub));
  const held = { consumer: 'held' };
  expect(scrape.value('penstock_consumer_backlog', held)).toBe(0);
  expect(scrape.value('penstock_consumer_backlog_bytes', held)).toBe(0);
  expect(scrape.value('penstock_consumer_backlog_peak', held)).toBe(50);
  expect(scrape.value('penstock_consumer_oldest_message_age_seconds', held)).toBe(0);
  expect(scrape.value('penstock_consumer_settled_total', { ...held, outcome: 'acknowledged' })).toBe(50);
  expect(scrape.value('penstock_consumer_consume_duration_seconds_count', held)).toBe(50);
  expect(scrape.value('penstock_consumer_queue_wait_seconds_count', held)).toBe(50);
});

it('what waits for a retry counts to the backlog and not as in flight, and each failure is counted', async () => {
  const folder = tempDir();
  const log = join(folder, 'log');
  const options = { log, failures: Number.POSITIVE_INFINITY };
  const consumers = { a: { module: fixture('fail'), order: 'strict' as const, options } };
  const hub = await startHub({ dataDir: join(folder, 'data'), http: { port: 0 }, consumers });
  await hub.publish('test.bad', 'failing');
  await hub.publish('test.good', 'behind it');
  const a = { consumer: 'a' };
  const scrape = await Scrape.until(
    metricsOf(hub),
    (each) =>
      each.value('penstock_consumer_failures_total', a) > 1 && each.value('penstock_consumer_in_flight', a) === 0,
  );
  expect(scrape.value('penstock_consumer_backlog', a)).toBe(2);
  expect(scrape.value('penstock_consumer_settled_total', { ...a, outcome: 'acknowledged' })).toBe(0);
  await hub.stop();
  expect(consumerOf(hub, 'a')).toMatchObject({ backlog: 2, failuresTotal: readDeliveries(log).length });
});

it('a spike between two looks shows as a peak, and reading resets nothing', async () => {
  const folder = tempDir();
  const consumers = { a: { module: fixture('record'), options: { log: join(folder, 'log') } } };
  const hub = await startHub({ dataDir: join(folder, 'data'), http: { port: 0 }, consumers });
  // One commit, so that all of it is in the queue at once.
  await publishNumbers(hub, 0, 1_000);
  await allSettled(hub);
  const read = async () => {
    const scrape = await Scrape.of(metricsOf(hub));
    return ['backlog_peak', 'enqueued_total', 'failures_total', 'consume_duration_seconds_count'].map((name) =>
      scrape.value(`penstock_consumer_${name}`, { consumer: 'a' }),
    );
  };
  expect(await read()).toEqual([1_000, 1_000, 0, 1_000]);
  expect(await read()).toEqual([1_000, 1_000, 0, 1_000]);
  expect(consumerOf(hub, 'a').backlogPeak).toBe(1_000);
});
