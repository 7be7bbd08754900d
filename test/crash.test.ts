// A consumer's thread that ends by itself takes nothing with it: no message, no count, no other consumer. On the
// built hub, with threads that really end.

import { join } from 'node:path';
import type { Hub, HubEvents } from '@penstock/hub';
import { describe, expect, it } from 'vitest';
import { readTexts } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { recount } from './support/naive-recount.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, backlogs, consumerOf, fixture, numbers, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const module = fixture('crash');

/** A number in shared memory: how often something is still to go wrong. */
function times(count: number): Int32Array {
  const memory = new Int32Array(new SharedArrayBuffer(4));
  memory[0] = count;
  return memory;
}

type Failure = Parameters<HubEvents['consumer:failed']>[0];

/** The failures that a hub tells of, and whether it called itself ready at that moment. */
function watchFailures(hub: Hub): { failures: Failure[]; readyMeanwhile: boolean[] } {
  const watched = { failures: [] as Failure[], readyMeanwhile: [] as boolean[] };
  hub.on('consumer:failed', (failure) => {
    watched.failures.push(failure);
    watched.readyMeanwhile.push(hub.snapshot().notReady.length === 0);
  });
  return watched;
}

describe.each([
  { crash: 'exit', what: 'calls process.exit()', says: /exit/i },
  { crash: 'throw', what: 'throws in a timer', says: /thrown later/ },
  { crash: 'reject', what: 'leaves a rejection unhandled', says: /never handled/ },
  { crash: 'memory', what: 'runs out of memory', says: /memory/i },
])('a consumer that $what', ({ crash, says }) => {
  it('is started again, gets what it had not settled, and its neighbour notices nothing', async () => {
    const dataDir = tempDir();
    const [log, otherLog] = [join(dataDir, 'log'), join(dataDir, 'other')];
    const hub = await startHub({
      dataDir,
      maxThreadMemoryMb: 32,
      consumers: {
        crashing: { module, options: { log, crashes: times(2) } },
        other: { module: fixture('record'), options: { log: otherLog } },
      },
    });
    const { failures, readyMeanwhile } = watchFailures(hub);
    await publishNumbers(hub, 0, 100);
    await hub.publish('test.number', '100', { crash });
    await publishNumbers(hub, 101, 200);
    await allSettled(hub);

    expect(failures).toEqual([
      expect.objectContaining({ consumer: 'crashing', threadIndex: 0, retryInMs: 100 }),
      expect.objectContaining({ consumer: 'crashing', threadIndex: 0, retryInMs: 200 }),
    ]);
    for (const { error } of failures) {
      expect(error).toMatchObject({ code: 'CONSUMER_CRASHED', message: expect.stringMatching(says) });
    }
    expect(readyMeanwhile).toEqual([false, false]);
    await until('it is ready again', () => hub.snapshot().notReady.length === 0);

    expect(consumerOf(hub, 'crashing')).toMatchObject({
      state: 'running',
      restartsTotal: 2,
      inFlight: 0,
      enqueuedTotal: 200,
      settledTotal: { acknowledged: 200 },
    });
    // In order, but for what was delivered in the turn that the thread did not live to the end of.
    expect([...new Set(readTexts(log))]).toEqual(numbers(0, 200));
    expect(readTexts(log).filter((text) => text === '100')).toHaveLength(3);
    expect(readTexts(otherLog)).toEqual(numbers(0, 200));
    expect(consumerOf(hub, 'other')).toMatchObject({ restartsTotal: 0, settledTotal: { acknowledged: 200 } });
    await hub.stop();
    expect(recount(dataDir).get('crashing')).toEqual({ enqueued: 200, settled: 200, backlog: 0 });
  });
});

describe('a thread that ends', () => {
  it('makes /readyz red until it runs again', async () => {
    const dataDir = tempDir();
    const crashes = times(1_000_000);
    const hub = await startHub({
      dataDir,
      http: { port: 0 },
      consumers: { crashing: { module, options: { log: join(dataDir, 'log'), crashes } } },
    });
    const ready = async (): Promise<{ status: number; text: string }> => {
      const response = await fetch(`${hub.httpUrl}/readyz`);
      return { status: response.status, text: await response.text() };
    };
    expect(await ready()).toMatchObject({ status: 200 });
    await hub.publish('test.a', 'body', { crash: 'exit' });
    const red = await until('/readyz is red', async () => {
      const now = await ready();
      return now.status !== 200 && now;
    });
    expect(red).toMatchObject({ status: 503, text: expect.stringContaining('crashing') });
    const scrape = await (await fetch(`${hub.httpUrl}/metrics`)).text();
    expect(scrape).toMatch(/^penstock_consumer_backlog\{consumer="crashing"\} 1$/m);
    crashes[0] = 0;
    await until('/readyz is green', async () => (await ready()).status === 200);
    await allSettled(hub);
  });

  it.each([
    { threads: 4, concurrency: 1 },
    { threads: 4, concurrency: 6 },
  ])('among $threads with $concurrency at a time loses nothing, and nothing is counted twice', async (each) => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const options = { log, crashes: times(6), gate: gate.memory, gatedTopic: 'test.held', yields: 1 };
    const hub = await startHub({ dataDir, drainTimeoutMs: 100, consumers: { shared: { module, ...each, options } } });
    const count = 3_000;
    // With one delivery at a time, whatever was claimed with one that is held would wait behind it.
    const held = each.concurrency === 1 ? 0 : 5;
    const ways = ['exit', 'throw', 'reject'];
    let least = 0;
    const looking = setInterval(() => {
      least = Math.min(least, consumerOf(hub, 'shared').backlog);
    });
    const published = numbers(0, count).map((number) => {
      const at = Number(number);
      if (at % 500 === 250)
        return hub.publish('test.number', number, { crash: String(ways[Math.floor(at / 500) % 3]) });
      return hub.publish(at < held ? 'test.held' : 'test.number', number);
    });
    await Promise.all(published);

    // Those that are in flight as their thread ends are delivered alone from then on, however long they take.
    await until('some threads have ended', () => consumerOf(hub, 'shared').restartsTotal > 2);
    gate.open();
    await allSettled(hub);
    expect(options.crashes[0]).toBeLessThanOrEqual(0);
    await until('all run again', () => consumerOf(hub, 'shared').threads.running === 4);
    expect(backlogs(hub)).toEqual({ shared: 0 });
    clearInterval(looking);
    expect(least).toBe(0);
    expect(consumerOf(hub, 'shared')).toMatchObject({
      backlogBytes: 0,
      settledTotal: { acknowledged: count, damaged: 0 },
    });
    expect([...new Set(readTexts(log))].toSorted()).toEqual(numbers(0, count).toSorted());
    await hub.stop();
    expect(recount(dataDir).get('shared')).toEqual({ enqueued: count, settled: count, backlog: 0 });
  });
});

describe('threads that are woken for one message', () => {
  it('have it delivered also when the one that got it ends with it', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const crashes = times(0);
    const hub = await startHub({ dataDir, consumers: { a: { module, threads: 4, options: { log, crashes } } } });
    // All four want each message, and one gets it: what the others wanted must not pass for what they hold.
    const rounds = 12;
    for (const number of numbers(0, rounds)) {
      crashes[0] = 1;
      await hub.publish('test.a', number, { crash: 'exit' });
      await allSettled(hub);
    }
    expect(readTexts(log)).toEqual(numbers(0, rounds).flatMap((number) => [number, number]));
    expect(consumerOf(hub, 'a')).toMatchObject({ restartsTotal: rounds, settledTotal: { acknowledged: rounds } });
  });
});

describe('open()', () => {
  it.each([
    { fails: 'throws', exits: false, code: 'CONSUMER_OPEN_FAILED' },
    { fails: 'ends its thread', exits: true, code: 'CONSUMER_CRASHED' },
  ])('that $fails is tried again, while the rest of the hub runs', async ({ exits, code }) => {
    const dataDir = tempDir();
    const [log, otherLog] = [join(dataDir, 'log'), join(dataDir, 'other')];
    const failing = times(1_000_000);
    const consumers = {
      failing: { module: fixture('open-fails'), options: { log, failures: failing, exits } },
      other: { module: fixture('record'), options: { log: otherLog } },
    };
    const hub = await startHub({ dataDir, consumers });
    const { failures } = watchFailures(hub);
    expect(hub.snapshot().notReady).toEqual([expect.stringContaining('"failing" is failed')]);
    await publishNumbers(hub, 0, 10);
    await until('the other is done', () => consumerOf(hub, 'other').backlog === 0);
    expect(consumerOf(hub, 'failing')).toMatchObject({ state: 'failed', backlog: 10, inFlight: 0 });
    await until('it failed again', () => failures.length > 1);
    failing[0] = 0;
    await allSettled(hub);
    expect(readTexts(log)).toEqual(numbers(0, 10));
    expect(failures.every(({ error }) => error.code === code)).toBe(true);
    expect(consumerOf(hub, 'failing')).toMatchObject({ state: 'running', problem: undefined });
    expect(hub.snapshot().notReady).toEqual([]);
  });
});
