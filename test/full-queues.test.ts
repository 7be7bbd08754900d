// A queue at its maxBacklog: with `block` its sources wait and nothing is lost; with the others the oldest go, each
// counted, however long the consumer is blocked. On the real command and on real threads.
import { join } from 'node:path';
import { createHub, type HubConfig } from '@penstock/hub';
import { describe, expect, it } from 'vitest';
import { Dealer, Push } from 'zeromq';
import { readLines, readTexts } from './support/deliveries.js';
import { freePort } from './support/free-port.js';
import { Gate } from './support/gate.js';
import { HubProject } from './support/hub-project.js';
import { recount } from './support/naive-recount.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, numbers, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

type ConsumerConfig = NonNullable<HubConfig['consumers']>[string];

/** A hub with one consumer, `full`, that a gate holds back; and what it has delivered. */
async function gated(settings: Partial<ConsumerConfig>, only?: readonly string[]) {
  const folder = tempDir();
  const gate = new Gate();
  const log = join(folder, 'log');
  const consumers = { full: { module: fixture('record'), options: { log, gate: gate.memory }, ...settings } };
  const environment = only === undefined ? {} : { only };
  const hub = await startHub({ dataDir: join(folder, 'data'), drainTimeoutMs: 0, consumers }, environment);
  return { hub, gate, full: () => consumerOf(hub, 'full'), texts: () => readTexts(log) };
}

describe('block', () => {
  it('has publish() refused with the consumer’s name, exactly from the bound on, and no other topic', async () => {
    const { hub, gate } = await gated({ maxBacklog: { messages: 10 } });
    const outcomes = await Promise.allSettled(numbers(0, 12).map((number) => hub.publish('test.x', number)));
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(10).fill('fulfilled'), 'rejected', 'rejected']);
    await expect(hub.publish('test.x', '')).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      retryable: true,
      message: expect.stringMatching(/consumer "full".*maxBacklog is 10 messages/),
    });
    await hub.publish('other', '');
    gate.open();
    await allSettled(hub);
    await hub.publish('test.x', '');
  });

  it('lets pass what consumers publish: a cycle would wait for itself', async () => {
    const folder = tempDir();
    const gate = new Gate();
    const log = join(folder, 'full');
    const hub = await startHub({
      dataDir: join(folder, 'data'),
      consumers: {
        relay: { module: fixture('forward'), topics: ['in'], options: { to: 'test.x', log: join(folder, 'relay') } },
        full: { module: fixture('record'), options: { log, gate: gate.memory }, maxBacklog: { messages: 1 } },
      },
    });
    for (let count = 0; count < 20; count++) await hub.publish('in', 'x');
    await until('the relay has published all, and settled', () => consumerOf(hub, 'relay').backlog === 0);
    expect(consumerOf(hub, 'full').backlog).toBe(40);
    await expect(hub.publish('test.x', '')).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    gate.open();
    await allSettled(hub);
    expect(readTexts(log)).toHaveLength(40);
  });

  it('holds a real PUSH publisher, answers a ROUTER’s with QUEUE_FULL, and loses nothing', async () => {
    const [pull, router] = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`];
    const options = { log: './numbers', file: './open' };
    const project = new HubProject({
      'hub.config.mjs': `
        import { zeromq } from '@penstock/zeromq';
        const full = { module: ${JSON.stringify(fixture('wait-for-file'))}, options: ${JSON.stringify(options)},
          maxBacklog: { messages: 500 } };
        const sources = [zeromq({ pull: [{ bind: '${pull}' }], router: [{ bind: '${router}' }] })];
        export default { http: false, sources, consumers: { full } };
      `,
    });
    const hub = await project.run();
    const push = new Push({ linger: -1 });
    push.connect(pull);
    const count = 40_000;
    let sent = 0;
    const sending = (async () => {
      const rest = ' '.repeat(1_024);
      for (; sent < count; sent++) await push.send(['test.x', `${sent}${rest}`]);
    })();
    const backlog = ({ consumers }: Awaited<ReturnType<HubProject['status']>>) => consumers[0]?.backlog ?? 0;
    await project.statusWhen((status) => backlog(status) >= 500);
    expect(backlog(await project.status())).toBe(500);
    expect(sent).toBeLessThan(count);

    const dealer = new Dealer({ linger: 0 });
    dealer.connect(router);
    await dealer.send(['r-1', 'test.x', '', 'not now']);
    expect((await dealer.receive()).map(String)).toEqual(['r-1', 'error', 'QUEUE_FULL']);
    await dealer.send(['r-2', 'elsewhere', '', 'now']);
    expect((await dealer.receive()).map(String)).toEqual(['r-2', 'ok', expect.any(String)]);
    dealer.close();

    const publishing = project.hub(['publish', 'test.x', 'by-hand', '--timeout', '0.5']);
    expect(await publishing.ended).toEqual({ code: 36, signal: null });
    expect(publishing.output).toContain('queue is full');

    project.write({ open: '' });
    await sending;
    push.close();
    await until('all have come', () => readLines(project.path('numbers')).length >= count);
    hub.kill('SIGTERM');
    expect(await hub.ended).toEqual({ code: 0, signal: null });
    expect(readLines(project.path('numbers'))).toEqual(numbers(0, count));
  });
});

describe.each(['drop-oldest', 'dead-letter'] as const)('%s', (whenFull) => {
  const count = 3_000;

  it.each([
    ['one thread', {}],
    ['several threads', { threads: 3, concurrency: 2 }],
    ['an order key', { threads: 2, order: 'key', orderKey: { topicToken: 1 } } as const],
    ['a consumer that does not run', undefined],
  ])(
    'keeps the backlog at its bound, with %s, and what is settled and what is left is all there was',
    async (_, settings) => {
      const bound = { maxBacklog: { messages: 100 }, whenFull };
      const { hub, gate, full, texts } = await gated(
        { ...settings, ...bound },
        settings === undefined ? [] : undefined,
      );
      for (let from = 0; from < count; from += 500) await publishNumbers(hub, from, from + 500, `test.${from % 7}`);
      await until('the backlog is at its bound', () => full().backlog === 100);
      const { enqueuedTotal, settledTotal, droppedTotal, deadLetteredTotal, deadLetters } = full();
      const taken = count - 100;
      expect({ enqueuedTotal, settledTotal, droppedTotal, deadLetteredTotal, deadLetters }).toEqual({
        enqueuedTotal: count,
        settledTotal: {
          acknowledged: 0,
          damaged: 0,
          dropped: whenFull === 'drop-oldest' ? taken : 0,
          deadLettered: whenFull === 'dead-letter' ? taken : 0,
        },
        droppedTotal: { consumer: 0, queueFull: whenFull === 'drop-oldest' ? taken : 0 },
        deadLetteredTotal: { consumer: 0, attempts: 0, crashes: 0, queueFull: whenFull === 'dead-letter' ? taken : 0 },
        deadLetters: whenFull === 'dead-letter' ? taken : 0,
      });
      if (settings === undefined) return;
      gate.open();
      await allSettled(hub);
      expect(texts()).toHaveLength(100);
      // But for what its threads had begun or claimed, the newest are there.
      expect(texts().filter((text) => Number(text) >= count - 50)).toHaveLength(50);
    },
  );

  it('bounds bytes as well', async () => {
    const { hub, full } = await gated({ maxBacklog: { bytes: 100_000 }, whenFull });
    const body = new Uint8Array(1_000);
    for (let at = 0; at < 500; at++) await hub.publish('test.x', body);
    await until('the backlog is at its bound', () => full().backlogBytes <= 100_000);
    expect(full().backlogBytes).toBeGreaterThan(98_000);
  });

  it('loses nothing else when the hub is killed in the middle', async () => {
    const project = new HubProject({
      'hub.config.mjs': `
        const full = { module: ${JSON.stringify(fixture('wait-for-file'))}, whenFull: '${whenFull}',
          maxBacklog: { messages: 200 }, options: { log: './numbers', file: './open' } };
        export default { http: false, consumers: { full }, log: { level: 'error' } };
      `,
    });
    const first = await project.run();
    const publishing = project.hub(['publish', 'test.x', 'x', '--count', '1000000']);
    await project.statusWhen(
      ({ consumers }) =>
        (consumers[0]?.settledTotal[whenFull === 'drop-oldest' ? 'dropped' : 'deadLettered'] ?? 0) > 2_000,
    );
    first.kill('SIGKILL');
    await first.ended;
    await publishing.ended;
    const [, accepted = ''] = await publishing.line(/([\d,]+) messages committed before this/);
    const left = recount(project.path('data')).get('full');
    expect(left?.enqueued).toBeGreaterThanOrEqual(Number(accepted.replaceAll(',', '')));

    const second = await project.run();
    const { consumers } = await project.statusWhen(({ consumers }) => (consumers[0]?.backlog ?? 0) <= 200);
    const [full] = consumers;
    if (whenFull === 'dead-letter') expect((full?.backlog ?? 0) + (full?.deadLetters ?? 0)).toBe(left?.enqueued);
    project.write({ open: '' });
    await project.statusWhen(({ consumers }) => consumers[0]?.backlog === 0);
    expect(readLines(project.path('numbers'))).toHaveLength(full?.backlog ?? 0);
    second.kill('SIGTERM');
    await second.ended;
    expect(second.output).not.toContain('error');
  });
});

it('a bound without room for its own policy is no config', async () => {
  const consumers = { a: { module: fixture('record'), whenFull: 'drop-oldest' as const } };
  await expect(createHub({ consumers }).then((hub) => hub.start())).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
