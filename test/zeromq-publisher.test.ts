// Bus to bus through two hubs over PUSH and PULL: nothing is lost when either is stopped and started in a flood, or the
// publishing one is killed, and what comes twice bears the same id. On the real command.
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { readLines } from './support/deliveries.js';
import { freePort } from './support/free-port.js';
import { HubProject } from './support/hub-project.js';
import { fixture, makeHub } from './support/test-hub.js';
import { until } from './support/until.js';

const MESSAGES = 40_000;
const IN_FLIGHT = 500;

/** What one thread settles before it writes that down: see test/kill.test.ts. */
const PER_TURN = 256;

const idOf = (number: number): string => `message-${number}`;

/** A hub that has all the messages in its queue, for one that receives, which notes their ids. */
async function makePair() {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const publisher = {
    push: { connect: endpoint, inFlight: IN_FLIGHT, reconnectMaxIntervalMs: 500 },
    topics: ['load.>'],
  };
  const first = new HubProject({
    'hub.config.mjs': `
      import { zeromqPublisher } from '@penstock/zeromq';
      export default { http: false, consumers: { out: zeromqPublisher(${JSON.stringify(publisher)}) } };
    `,
  });
  const second = new HubProject({
    'hub.config.mjs': `
      import { zeromq } from '@penstock/zeromq';
      const consumers = { ids: { module: ${JSON.stringify(fixture('note-id'))}, options: { log: './ids' } } };
      export default { http: false, sources: [zeromq({ pull: [{ bind: '${endpoint}' }] })], consumers };
    `,
  });
  const { zeromqPublisher } = await import('@penstock/zeromq');
  const consumers = { out: zeromqPublisher({ push: { connect: endpoint }, topics: ['load.>'] }) };
  const feeding = await makeHub({ dataDir: first.path('data'), consumers }, { only: [] });
  await feeding.start();
  const body = Buffer.alloc(512);
  for (let number = 0; number < MESSAGES; number += 1_000) {
    const some = Array.from({ length: 1_000 }, (_, index) => ({ id: idOf(number + index) }));
    await Promise.all(some.map((headers) => feeding.publish('load.flood', body, headers)));
  }
  await feeding.stop();
  return { first, second, ids: () => readLines(second.path('ids')) };
}

const progress = (ids: () => string[], count: number): Promise<unknown> =>
  until(`${count} messages have come`, () => ids().length >= count);

async function stop(hub: Child, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  hub.kill(signal);
  const ending = await hub.ended;
  expect(ending, hub.output).toEqual(signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal });
}

/** All are there, and no more repeats than what was on its way at each interruption. */
async function expectAll(ids: () => string[], { repeats }: { repeats: number }): Promise<void> {
  await until('every message has come', () => new Set(ids()).size === MESSAGES);
  expect(new Set(ids())).toEqual(new Set(Array.from({ length: MESSAGES }, (_, number) => idOf(number))));
  expect(ids().length - MESSAGES).toBeLessThanOrEqual(repeats);
}

describe('two hubs lose nothing', () => {
  it('when the receiving one is stopped and started in a flood', async () => {
    const { first, second, ids } = await makePair();
    let receiving = await second.run();
    const publishing = await first.run();
    for (const part of [0.1, 0.3, 0.5]) {
      await progress(ids, part * MESSAGES);
      await stop(receiving);
      receiving = await second.run();
    }
    await expectAll(ids, { repeats: 3 * IN_FLIGHT });
    await first.statusWhen(({ consumers }) => consumers[0]?.backlog === 0);
    await stop(publishing);
    await stop(receiving);
  });

  it('when the publishing one is stopped and started in a flood, and then nothing comes twice', async () => {
    const { first, second, ids } = await makePair();
    const receiving = await second.run();
    let publishing = await first.run();
    for (const part of [0.1, 0.3, 0.5]) {
      await progress(ids, part * MESSAGES);
      await stop(publishing);
      publishing = await first.run();
    }
    await expectAll(ids, { repeats: 0 });
    await stop(publishing);
    await stop(receiving);
  });

  it('when the publishing one is killed in a flood', async () => {
    const { first, second, ids } = await makePair();
    const receiving = await second.run();
    let publishing = await first.run();
    for (const part of [0.1, 0.3, 0.5]) {
      await progress(ids, part * MESSAGES);
      await stop(publishing, 'SIGKILL');
      publishing = await first.run();
    }
    await expectAll(ids, { repeats: 3 * (IN_FLIGHT + PER_TURN) });
    await stop(publishing);
    await stop(receiving);
  });

  it('when both are stopped at once and started again', async () => {
    const { first, second, ids } = await makePair();
    let [receiving, publishing] = await Promise.all([second.run(), first.run()]);
    for (const part of [0.1, 0.4]) {
      await progress(ids, part * MESSAGES);
      await Promise.all([stop(receiving), stop(publishing)]);
      [receiving, publishing] = await Promise.all([second.run(), first.run()]);
    }
    await expectAll(ids, { repeats: 2 * IN_FLIGHT });
    await Promise.all([stop(receiving), stop(publishing)]);
  });
});

describe('a publishing hub', () => {
  it('stops in time though nobody receives, and everything stays queued, uncounted as failures', async () => {
    const { first } = await makePair();
    const publishing = await first.run();
    await publishing.line(/no receiver is connected; \d+ messages or more wait/);
    const { consumers } = await first.statusWhen(({ consumers }) => consumers[0]?.inFlight === IN_FLIGHT);
    expect(consumers[0]).toMatchObject({ backlog: MESSAGES });
    const startedAt = performance.now();
    await stop(publishing);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(publishing.output).toContain(`${MESSAGES} messages remain queued`);
    expect(publishing.output).not.toMatch(/consume\(\) failed/);
  });

  it('takes its options from a JSON config too, and says what is wrong with them', async () => {
    const port = await freePort();
    const out = { module: '@penstock/zeromq/publisher', topics: ['a.>'], options: { push: { conect: 'tcp://a:1' } } };
    const project = new HubProject({ 'hub.config.json': JSON.stringify({ http: false, consumers: { out } }) });
    const wrong = await project.run();
    await wrong.line(/consumers\.out\.options: unknown key "push\.conect"; did you mean "connect"\?/);
    await stop(wrong);
    out.options.push = { connect: `tcp://127.0.0.1:${port}` } as never;
    project.write({ 'hub.config.json': JSON.stringify({ http: false, consumers: { out } }) });
    const right = await project.run();
    await right.line(new RegExp(`tcp://127\\.0\\.0\\.1:${port}: nobody answers there`));
    await stop(right);
  });
});

it('threads that are terminated in the middle of publishing do not harm the process', async () => {
  const count = 40;
  const child = Child.node(fixture('terminate-publishers'), [String(count)]);
  expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
  expect(child.lines.filter((line) => line === 'terminated')).toHaveLength(count);
});
