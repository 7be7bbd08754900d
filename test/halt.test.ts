// A consumer that throws Halt: it gets nothing more until it is resumed or the hub starts again, nothing of its queue
// is lost, and with an exit code the hub goes with it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDeliveries } from './support/deliveries.js';
import { HubProject } from './support/hub-project.js';
import { recount } from './support/naive-recount.js';
import { Scrape } from './support/scrape.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, makeHub, numbers, publishNumbers } from './support/test-hub.js';
import { until } from './support/until.js';

const TEXTS = numbers(0, 5);

describe('a consumer that halts', () => {
  it.each([{ threads: 1 }, { threads: 2 }])(
    'goes on after a resume without a failed attempt, $threads threads',
    async ({ threads }) => {
      const dataDir = tempDir();
      const [key, log] = [join(dataDir, 'key'), join(dataDir, 'log')];
      const hub = await makeHub({
        dataDir,
        http: { port: 0 },
        consumers: {
          a: { module: fixture('halt'), threads, options: { key, log } },
          other: { module: fixture('record'), options: { log: join(dataDir, 'other') } },
        },
      });
      const halts: unknown[] = [];
      hub.on('consumer:halted', (event) => halts.push(event));
      await hub.start();
      await publishNumbers(hub, 0, 5);
      await until('it has halted', () => consumerOf(hub, 'a').state === 'halted');
      await until('the other one has had all', () => consumerOf(hub, 'other').backlog === 0);
      expect(halts[0]).toEqual({ consumer: 'a', reason: 'the key is gone', exitCode: undefined });
      expect(consumerOf(hub, 'a')).toMatchObject({ problem: 'the key is gone', backlog: 5, failuresTotal: 0 });
      const readyz = await fetch(`${hub.httpUrl}/readyz`);
      expect(readyz.status).toBe(503);
      expect(await readyz.text()).toContain('consumer "a" has halted: the key is gone; "hub resume a" lets it go on');
      expect((await Scrape.of(`${hub.httpUrl}/metrics`)).value('penstock_consumer_halted', { consumer: 'a' })).toBe(1);

      writeFileSync(key, '');
      expect(await hub.resume('a')).toEqual({ consumer: 'a', was: 'halted', reason: 'the key is gone', backlog: 5 });
      await allSettled(hub);
      expect(
        readDeliveries(log)
          .map(({ text }) => text)
          .toSorted(),
      ).toEqual(TEXTS);
      expect(readDeliveries(log).map(({ attempt }) => attempt)).toEqual(TEXTS.map(() => 1));
      await until('it runs', () => consumerOf(hub, 'a').state === 'running');
      expect((await fetch(`${hub.httpUrl}/readyz`)).status).toBe(200);
    },
  );

  it('with an exit code stops the hub in order, keeps its queue, and is tried again by the next start', async () => {
    const consumers = { a: { module: fixture('halt'), options: { key: './key', log: './log', exitCode: 7 } } };
    const project = new HubProject({ 'hub.config.json': JSON.stringify({ http: false, consumers }) });
    const first = await project.run();
    const publish = project.hub(['publish', 'test.a', 'one']);
    await publish.ended;
    expect(await first.ended).toEqual({ code: 7, signal: null });
    expect(first.output).toMatch(/error .*consumer "a" has halted \(the key is gone\)/);
    expect(first.output).toMatch(
      /hub: consumer "a" has halted with exit code 7: stopping\nhub: a: 1 message remains queued$/,
    );
    const second = project.hub(['run']);
    expect(await second.ended, 'it halts at once').toEqual({ code: 7, signal: null });
    project.write({ key: '' });
    const third = await project.run();
    await project.statusWhen(({ consumers: [a] }) => a?.backlog === 0);
    third.kill('SIGTERM');
    expect(await third.ended).toEqual({ code: 0, signal: null });
    expect(readDeliveries(project.path('log'))).toMatchObject([{ text: 'one', attempt: 1 }]);
    expect(recount(project.path('data')).get('a')).toEqual({ enqueued: 1, settled: 1, backlog: 0 });
  });

  it('is shown as paused once somebody has paused it, so that it is not tried again by the next start', async () => {
    const consumers = { a: { module: fixture('halt'), options: { key: './key', log: './log' } } };
    const project = new HubProject({ 'hub.config.json': JSON.stringify({ http: false, consumers }) });
    await project.run();
    await project.hub(['publish', 'test.a', 'one']).ended;
    await project.statusWhen(({ consumers: [a] }) => a?.state === 'halted');
    expect(await project.hub(['pause', 'a']).ended).toMatchObject({ code: 0 });
    const {
      notReady,
      consumers: [a],
    } = await project.status();
    expect([notReady, a?.state, a?.problem]).toEqual([[], 'paused', 'the key is gone']);
  });
});
