// A stop ends, whatever consumers do, within the time it is given; what could not finish stays queued. On the built
// hub, with consumers that wait, spin, fail and hang.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Hub } from '@penstock/hub';
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { readDeliveries, readNotes, readTexts } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { recount } from './support/naive-recount.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, makeHub, numbers, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

/** Far more than any test wants to wait: a stop that waited for it would be seen. */
const LONG_MS = 3_600_000;

/** What a stop may take beyond the drain time, on the slowest machine. */
const SLACK_MS = 5_000;

/** Far more than it takes until a hub that stops has told its threads. */
const TOLD_WITHIN_MS = 500;

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Resolves when the hub has so many deliveries in flight. */
const inFlight = (hub: Hub, consumer: string, count: number): Promise<unknown> =>
  until(`${count} in flight`, () => consumerOf(hub, consumer).inFlight === count);

describe('a stop', () => {
  it('lets what is in flight finish, begins nothing more, and does not wait for the backlog', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const consumers = { a: { module: fixture('record'), concurrency: 3, options: { log, gate: gate.memory } } };
    const hub = await startHub({ dataDir, drainTimeoutMs: LONG_MS, consumers });
    await publishNumbers(hub, 0, 5_000);
    await inFlight(hub, 'a', 3);
    const stopped = hub.stop();
    expect(hub.snapshot().notReady).toContain('the hub is stopping');
    // A hub stops its sources before it tells its threads.
    await delay(TOLD_WITHIN_MS);
    gate.open();
    expect(await timeOf(() => stopped)).toBeLessThan(SLACK_MS);
    expect(readTexts(log)).toEqual(numbers(0, 3));
    expect(recount(dataDir).get('a')).toEqual({ enqueued: 5_000, settled: 3, backlog: 4_997 });
    await hub.start();
    await allSettled(hub);
    expect(readTexts(log)).toEqual(numbers(0, 5_000));
  });

  it.each([
    { does: 'waits for what never comes', topic: 'test.wait' },
    { does: 'spins', topic: 'test.loop' },
  ])('ends a consumer that $does when the drain time is over, and its message stays queued', async ({ topic }) => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const drainTimeoutMs = 300;
    const consumers = { a: { module: fixture('linger'), options: { log } } };
    const hub = await startHub({ dataDir, drainTimeoutMs, consumers });
    await hub.publish('test.a', 'before');
    await hub.publish(topic, 'lingering');
    await hub.publish('test.a', 'after');
    await inFlight(hub, 'a', 1);
    await until('it lingers', () => readTexts(log).length === 2);
    expect(await timeOf(() => hub.stop())).toBeLessThan(drainTimeoutMs + SLACK_MS);
    expect(hub).toMatchObject({ state: 'stopped', stuck: false });
    const settled = consumerOf(hub, 'a').settledTotal.acknowledged;
    expect(recount(dataDir).get('a')).toEqual({ enqueued: 3, settled, backlog: 3 - settled });

    const second = await startHub({ dataDir, consumers: { a: { module: fixture('record'), options: { log } } } });
    await allSettled(second);
    expect(readTexts(log).slice(-2)).toEqual(['lingering', 'after']);
  });

  it('aborts context.signal when the drain time is over: what then returns is settled, what throws stays queued', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const consumers = { a: { module: fixture('linger'), concurrency: 2, options: { log } } };
    const hub = await startHub({ dataDir, drainTimeoutMs: 300, consumers });
    await hub.publish('test.abort', 'returns');
    await hub.publish('test.abort-throw', 'throws');
    await inFlight(hub, 'a', 2);
    expect(readNotes(log).filter(({ event }) => String(event) === 'aborted')).toEqual([]);
    await hub.stop();
    expect(readNotes(log).filter(({ event }) => String(event) === 'aborted')).toHaveLength(2);
    expect(recount(dataDir).get('a')).toEqual({ enqueued: 2, settled: 1, backlog: 1 });
    const second = await startHub({ dataDir, consumers: { a: { module: fixture('record'), options: { log } } } });
    await allSettled(second);
    expect(readTexts(log)).toEqual(['returns', 'throws', 'throws']);
  });

  it('of an idle hub waits for nothing', async () => {
    const dataDir = tempDir();
    const options = { log: join(dataDir, 'log') };
    const consumers = {
      a: { module: fixture('record'), threads: 3, options },
      b: { module: fixture('record'), options },
    };
    const hub = await startHub({ dataDir, drainTimeoutMs: LONG_MS, consumers });
    expect(await timeOf(() => hub.stop())).toBeLessThan(SLACK_MS);
    await hub.start();
    await publishNumbers(hub, 0, 10);
    await allSettled(hub);
    expect(await timeOf(() => hub.stop())).toBeLessThan(SLACK_MS);
  });

  it('does not wait for the next try of a message that fails, which stays queued', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const consumers = { a: { module: fixture('linger'), options: { log } } };
    const hub = await startHub({ dataDir, drainTimeoutMs: LONG_MS, consumers });
    await hub.publish('test.fail', 'failing');
    // By then the pause before the next try is a long one.
    await until('it has failed 4 times', () => consumerOf(hub, 'a').failuresTotal >= 4);
    expect(await timeOf(() => hub.stop())).toBeLessThan(SLACK_MS);
    expect(readDeliveries(log).map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4].slice(0, readTexts(log).length));
    expect(recount(dataDir).get('a')).toEqual({ enqueued: 1, settled: 0, backlog: 1 });
  });

  it('does not wait for the next try of a consumer whose open() fails', async () => {
    const dataDir = tempDir();
    const failures = new Int32Array(new SharedArrayBuffer(4)).fill(1_000_000);
    const options = { log: join(dataDir, 'log'), failures };
    const consumers = { a: { module: fixture('open-fails'), options } };
    const hub = await startHub({ dataDir, drainTimeoutMs: LONG_MS, consumers });
    await until('it has failed 4 times', () => consumerOf(hub, 'a').restartsTotal >= 4);
    expect(await timeOf(() => hub.stop())).toBeLessThan(SLACK_MS);
  });

  it('that is asked for during the start comes after it, and both are done', async () => {
    const dataDir = tempDir();
    const consumers = { a: { module: fixture('record'), options: { log: join(dataDir, 'log') } } };
    const hub = await makeHub({ dataDir, consumers });
    const started = hub.start();
    expect(await timeOf(() => hub.stop())).toBeLessThan(SLACK_MS);
    await started;
    expect(hub.state).toBe('stopped');
  });

  it('says so when a thread cannot be ended, and ends nevertheless', async () => {
    const dataDir = tempDir();
    const pipe = join(dataDir, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const child = Child.node(fixture('stop-while-stuck'), [join(dataDir, 'data'), fixture('stuck'), pipe]);
    await child.line(/^stopped: stopped, stuck: true, backlog: 1$/);
  });
});

describe('a consumer whose open() takes long', () => {
  it.each(['thread', 'process'] as const)(
    'in a %s holds up no stop that is asked for during the start',
    async (isolation) => {
      const dataDir = tempDir();
      const [log, otherLog] = [join(dataDir, 'log'), join(dataDir, 'other')];
      const consumers = {
        slow: { module: fixture('open-never'), isolation, options: { log } },
        other: { module: fixture('record'), isolation, options: { log: otherLog } },
      };
      const hub = await makeHub({ dataDir, drainTimeoutMs: 300, consumers });
      // At once, while there is hardly a thread, and again when open() is known to hang.
      for (const hangs of [false, true]) {
        rmSync(log, { force: true });
        const started = hub.start();
        const starts = () => hub.snapshot().consumers.some(({ state }) => state === 'starting');
        await until('it opens', hangs ? () => existsSync(log) : starts);
        expect(hub.state).toBe('starting');
        expect(await timeOf(() => hub.stop())).toBeLessThan(SLACK_MS);
        await started;
        expect(hub.state).toBe('stopped');
      }
    },
  );

  it('holds up neither the start of the hub nor its stop', async () => {
    const dataDir = tempDir();
    const [log, otherLog] = [join(dataDir, 'log'), join(dataDir, 'other')];
    const gate = new Gate();
    const consumers = {
      slow: { module: fixture('open-hangs'), options: { log, gate: gate.memory } },
      other: { module: fixture('record'), options: { log: otherLog } },
    };
    const hub = await startHub({ dataDir, drainTimeoutMs: 300, consumers });
    expect(hub.snapshot().notReady).toEqual([expect.stringContaining('"slow" is starting')]);
    await publishNumbers(hub, 0, 10);
    await until('the other one is done', () => consumerOf(hub, 'other').backlog === 0);
    expect(consumerOf(hub, 'slow')).toMatchObject({ state: 'starting', backlog: 10 });
    expect(await timeOf(() => hub.stop())).toBeLessThan(SLACK_MS);
    gate.open();
    await hub.start();
    await allSettled(hub);
    expect(hub.snapshot().notReady).toEqual([]);
    expect(readTexts(log)).toEqual(numbers(0, 10));
  });
});
