// What drain() promises to a consumer that holds deliveries back, and what bounds those that are in flight at once.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Child } from './support/child.js';
import { readNotes } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { HubProject } from './support/hub-project.js';
import { recount } from './support/naive-recount.js';
import { tempDir } from './support/temp-dir.js';
import { consumerOf, fixture, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const LONG_MS = 3_600_000;

const eventsOf = (log: string): string[] => readNotes<{ event: string }>(log).map(({ event }) => event);

it.each([
  { concurrency: 1, inFlight: 1 },
  { concurrency: 10, inFlight: 4 },
])('at a stop what drain() resolves is settled and what it rejects stays queued, $inFlight in flight', async (row) => {
  const { concurrency, inFlight } = row;
  const dataDir = tempDir();
  const log = join(dataDir, 'log');
  const consumers = { a: { module: fixture('hold'), concurrency, options: { log } } };
  const hub = await startHub({ dataDir, drainTimeoutMs: LONG_MS, consumers });
  for (const body of ['keep 1', 'not 2', 'keep 3', 'not 4']) await hub.publish('test.a', body);
  await until('they are held', () => eventsOf(log).length === inFlight);
  await hub.stop();
  const settled = inFlight === 1 ? 1 : 2;
  expect(recount(dataDir).get('a')).toEqual({ enqueued: 4, settled, backlog: 4 - settled });
  expect(consumerOf(hub, 'a')).toMatchObject({ failuresTotal: 0 });
  // Once, and before close().
  expect(eventsOf(log)).toEqual([...Array(inFlight).fill('consume'), 'drain', 'close']);
});

it('a drain() that throws is logged, and the stop goes on', async () => {
  const options = { log: './events', fails: true };
  const consumers = { a: { module: fixture('hold'), concurrency: 10, options } };
  const config = JSON.stringify({ http: false, drainTimeoutMs: LONG_MS, consumers });
  const project = new HubProject({ 'hub.config.json': config });
  const hub: Child = await project.run();
  const publish = project.hub(['publish', 'test.a', 'keep it']);
  expect(await publish.ended, publish.output).toMatchObject({ code: 0 });
  await until('it is held', () => eventsOf(project.path('events')).length === 1);
  hub.kill('SIGTERM');
  expect(await hub.ended).toEqual({ code: 0, signal: null });
  expect(hub.output).toMatch(/error .*\[a\] drain\(\) failed.*drained badly/);
  expect(eventsOf(project.path('events'))).toEqual(['consume', 'drain', 'close']);
  expect(recount(project.path('data')).get('a')).toEqual({ enqueued: 1, settled: 1, backlog: 0 });
});

it('a thread that is told to stop while it opens begins no delivery, and drains and closes all the same', async () => {
  const dataDir = tempDir();
  const log = join(dataDir, 'log');
  const gate = new Gate();
  gate.allow(1);
  const consumers = {
    a: { module: fixture('hold'), options: { log, gate: gate.memory } },
    other: { module: fixture('record'), topics: ['other'], options: { log: join(dataDir, 'other') } },
  };
  const hub = await startHub({ dataDir, drainTimeoutMs: LONG_MS, consumers });
  await hub.publish('test.a', 'exit');
  await until(
    'its thread opens again',
    () => eventsOf(log).length === 1 && consumerOf(hub, 'a').threads.starting === 1,
  );
  const stopped = hub.stop();
  await until('all threads were told', () => consumerOf(hub, 'other').threads.stopped === 1);
  gate.open();
  await stopped;
  expect(eventsOf(log)).toEqual(['consume', 'drain', 'close']);
  expect(recount(dataDir).get('a')).toEqual({ enqueued: 1, settled: 0, backlog: 1 });
});

it('deliveries in flight in one thread hold 64 MiB at most, and then more as they end', async () => {
  const dataDir = tempDir();
  const gate = new Gate();
  const module = fixture('record');
  const consumers = { a: { module, concurrency: 100, options: { log: join(dataDir, 'log'), gate: gate.memory } } };
  const hub = await startHub({ dataDir, maxThreadMemoryMb: 512, consumers });
  const body = new Uint8Array(4 * 1_048_576);
  for (let number = 0; number < 20; number++) await hub.publish('test.a', body);
  await until('it has begun all that it may', () => consumerOf(hub, 'a').inFlight === 16);
  gate.allow(3);
  await until('it has begun as many more', () => {
    const { settledTotal, inFlight } = consumerOf(hub, 'a');
    return settledTotal.acknowledged === 3 && inFlight === 16;
  });
  gate.open();
  await until('all are settled', () => consumerOf(hub, 'a').backlog === 0);
});
