// What a stop and a start keep: every queue continues where it stood, and outlives its consumer. On the built hub,
// with its real threads.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { readTexts } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, backlogs, consumerOf, fixture, numbers, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const module = fixture('record');

describe('after a stop in order', () => {
  it('nothing that was settled comes again, and what waited comes in its order', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const config = { dataDir, drainTimeoutMs: 50, consumers: { a: { module, options: { log, gate: gate.memory } } } };
    const first = await startHub(config);
    gate.allow(4);
    await publishNumbers(first, 0, 10);
    await until('4 are settled', () => consumerOf(first, 'a').backlog === 6);
    await until('the fifth waits in consume()', () => readTexts(log).length === 5);
    await first.stop();

    gate.open();
    const second = await startHub(config);
    await allSettled(second);
    await second.stop();
    const third = await startHub(config);
    await third.publish('test.last', 'last');
    await allSettled(third);
    expect(readTexts(log)).toEqual([...numbers(0, 5), ...numbers(4, 10), 'last']);
  });

  it('what completed out of order stays settled, and just the rest comes again', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const options = { log, gate: gate.memory, gatedTopic: 'test.held' };
    const config = { dataDir, drainTimeoutMs: 50, consumers: { a: { module, concurrency: 16, options } } };
    const first = await startHub(config);
    const isHeld = (number: string) => Number(number) % 3 === 1;
    const held = numbers(0, 30).filter(isHeld);
    await Promise.all(numbers(0, 30).map((number) => first.publish(isHeld(number) ? 'test.held' : 'test.a', number)));
    await until('all but the held ones are settled', () => consumerOf(first, 'a').backlog === held.length);
    await first.stop();
    expect(readTexts(log)).toEqual(numbers(0, 30));

    gate.open();
    const second = await startHub(config);
    await allSettled(second);
    expect(readTexts(log)).toEqual([...numbers(0, 30), ...held]);
    expect(consumerOf(second, 'a')).toMatchObject({ settledTotal: { acknowledged: held.length }, backlogBytes: 0 });
  });

  it('a queue continues with another number of threads and of deliveries at a time', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const config = { dataDir, drainTimeoutMs: 50 };
    for (const [round, { threads, concurrency }] of [
      { threads: 4, concurrency: 3 },
      { threads: 1, concurrency: 1 },
      { threads: 2, concurrency: 8 },
    ].entries()) {
      gate.close();
      const consumers = { a: { module, threads, concurrency, options: { log: `${log}.${round}`, gate: gate.memory } } };
      const hub = await startHub({ ...config, consumers });
      gate.allow(70);
      await publishNumbers(hub, round * 100, round * 100 + 100);
      await until('70 more are settled', () => consumerOf(hub, 'a').backlog === (round + 1) * 30);
      await hub.stop();
    }
    gate.open();
    const last = await startHub({ ...config, consumers: { a: { module, options: { log } } } });
    await allSettled(last);
    // What was settled in one run is in no later one: all together is every number, and a bound on the repeats.
    const settledLast = readTexts(log);
    expect(settledLast).toHaveLength(90);
    const seen = new Set([0, 1, 2].flatMap((round) => readTexts(`${log}.${round}`)).concat(settledLast));
    expect([...seen].toSorted()).toEqual(numbers(0, 300).toSorted());
  });
});

describe('a consumer added later', () => {
  it('begins with what comes from then on, or with all that the journal still holds, in its order', async () => {
    const dataDir = tempDir();
    const [keeperLog, newLog, earlyLog] = ['keeper', 'new', 'early'].map((name) => join(dataDir, `${name}.log`));
    const gate = new Gate();
    const keeper = { module, options: { log: keeperLog, gate: gate.memory } };
    const config = { dataDir, drainTimeoutMs: 50, segmentBytes: 65_536 };
    const first = await startHub({ ...config, consumers: { keeper } });
    for (let from = 0; from < 6_000; from += 1_000) {
      await publishNumbers(first, from, from + 500, 'test.even');
      await publishNumbers(first, from + 500, from + 1_000, 'test.odd');
    }
    expect(readdirSync(join(dataDir, 'journal')).length).toBeGreaterThan(4);
    await first.stop();

    const consumers = {
      keeper,
      new: { module, options: { log: newLog } },
      early: { module, topics: ['test.even'], startFrom: 'earliest' as const, options: { log: earlyLog } },
    };
    const even = numbers(0, 6_000).filter((number) => Number(number) % 1_000 < 500);
    for (const _round of ['added', 'known']) {
      const hub = await startHub({ ...config, consumers });
      await until('the new ones are done', () => {
        const { early, new: fresh } = backlogs(hub);
        return early === 0 && fresh === 0;
      });
      expect(readTexts(newLog as string)).toEqual([]);
      expect(readTexts(earlyLog as string)).toEqual(even);
      await hub.stop();
    }

    gate.open();
    const last = await startHub({ ...config, consumers });
    await last.publish('test.even', 'fresh');
    await allSettled(last);
    expect(readTexts(newLog as string)).toEqual(['fresh']);
    expect(readTexts(earlyLog as string)).toEqual([...even, 'fresh']);
  });

  it('is given each message once when the hub is killed while it searches the journal', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const count = 60_000;
    const first = await startHub({ dataDir, consumers: { keeper: { module } } }, { only: [] });
    for (let from = 0; from < count; from += 10_000) await publishNumbers(first, from, from + 10_000);
    await first.stop();

    const child = Child.node(fixture('end-in-backfill'), [dataDir, module, log]);
    const [, given, state] = await child.line(/^given (\d+) while (\w+)$/);
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(state).toBe('starting');
    expect(Number(given)).toBeLessThan(count);

    const early = { module, startFrom: 'earliest' as const, options: { log } };
    const second = await startHub({ dataDir, consumers: { early } });
    await until('all are settled', () => consumerOf(second, 'early').backlog === 0);
    expect(readTexts(log)).toEqual(numbers(0, count));
  });
});

describe('a consumer removed from the config', () => {
  it('leaves its queue, which is named, fills no further, and continues when the consumer is back', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const a = { module, options: { log, gate: gate.memory } };
    const b = { module, options: { log: `${log}.b` } };
    const config = { dataDir, drainTimeoutMs: 50 };
    const first = await startHub({ ...config, consumers: { a, b } });
    gate.allow(3);
    await publishNumbers(first, 0, 10);
    await until('3 are settled', () => consumerOf(first, 'a').backlog === 7);
    await first.stop();

    const second = await startHub({ ...config, consumers: { b } });
    expect(consumerOf(second, 'a')).toMatchObject({ state: 'removed', backlog: 7, inFlight: 0 });
    expect(second.snapshot().notReady).toEqual([]);
    await publishNumbers(second, 10, 20);
    await until('the other one is done', () => consumerOf(second, 'b').backlog === 0);
    expect(consumerOf(second, 'a')).toMatchObject({ state: 'removed', backlog: 7 });
    await second.stop();

    gate.open();
    const third = await startHub({ ...config, consumers: { b, a } });
    await third.publish('test.last', 'last');
    await allSettled(third);
    expect(readTexts(log).slice(-8)).toEqual([...numbers(3, 10), 'last']);
  });

  it('keeps what waits in its queue when that queue was never run at all', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const consumers = { a: { module, options: { log } }, b: { module, options: { log: `${log}.b` } } };
    const first = await startHub({ dataDir, consumers }, { only: ['b'] });
    await publishNumbers(first, 0, 50);
    await until('b is done', () => consumerOf(first, 'b').backlog === 0);
    expect(consumerOf(first, 'a')).toMatchObject({ state: 'not-run', backlog: 50 });
    expect(first.snapshot().notReady).toEqual([]);
    await first.stop();
    const second = await startHub({ dataDir, consumers: {} });
    expect(backlogs(second)).toEqual({ a: 50, b: 0 });
    await second.stop();
    const third = await startHub({ dataDir, consumers });
    await allSettled(third);
    expect(readTexts(log)).toEqual(numbers(0, 50));
    expect(readTexts(`${log}.b`)).toEqual(numbers(0, 50));
  });
});
