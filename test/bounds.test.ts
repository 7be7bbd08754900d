// What bounds how much is delivered and how much may wait, on the real command: a rate limit over all threads, retries
// and batches, and a backlog in bytes that whoever publishes has to wait for; both kept through kill -9.
import { expect, it } from 'vitest';
import { kill, ScriptedProject, stop } from './support/scripted-project.js';
import { fixture } from './support/test-hub.js';

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

it('no more deliveries begin than the rate limit lets, with threads, retries or batches, and after a restart', async () => {
  const rateLimit = { messages: 4, perMs: 400 };
  const retry = { backoff: { initialMs: 1, maxMs: 1 } };
  const project = new ScriptedProject({
    one: { rateLimit, retry },
    threads: { rateLimit, retry, threads: 2, concurrency: 4 },
    batches: { rateLimit, retry, module: fixture('batched'), maxBatch: 10 },
  });
  let hub = await project.run();
  const deliveries = 12;
  const leastMs = (deliveries / rateLimit.messages - 1) * rateLimit.perMs;
  for (const end of [kill, stop]) {
    const fromMs = nowMs();
    await project.publish(Array.from({ length: deliveries / 2 }, () => ['throw', 'ack']));
    await project.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
    expect(nowMs() - fromMs).toBeGreaterThanOrEqual(leastMs);
    await end(hub);
    hub = await project.run();
  }
  for (const name of ['one', 'threads']) expect(project.begun(name), name).toHaveLength(2 * deliveries);
  await stop(hub);
});

it('a backlog of maxBacklog bytes holds whoever publishes, also after kill -9, and goes on when there is room', async () => {
  const retry = { maxAttempts: 10_000, backoff: { initialMs: 20, maxMs: 20 } };
  const maxBacklog = { bytes: 3_000 };
  const project = new ScriptedProject({ a: { maxBacklog, retry }, other: { topics: ['elsewhere'] } });
  let hub = await project.run();
  const publish = async (timeout: string) => {
    const child = project.hub([
      'publish',
      'test.a',
      '{ "do": ["until open"] }',
      '--count',
      '100',
      '--timeout',
      timeout,
    ]);
    return { code: (await child.ended).code, output: child.output };
  };
  expect(await publish('0.5')).toEqual({ code: 36, output: expect.stringContaining('queue is full') });
  const { backlogBytes, backlog } = await project.when(() => true);
  expect(backlogBytes).toBeGreaterThanOrEqual(maxBacklog.bytes);
  expect(backlog).toBeLessThan(100);
  await kill(hub);
  hub = await project.run();
  expect(await publish('0.5')).toEqual({ code: 36, output: expect.stringContaining('queue is full') });
  expect(await project.when(() => true)).toMatchObject({ backlog, backlogBytes });
  await project.publish([['ack']], 'elsewhere');
  await project.when(({ backlog: left }) => left === 0, 'other');
  project.write({ open: '' });
  expect(await publish('60')).toMatchObject({ code: 0 });
  await project.when(({ backlog: left }) => left === 0);
  await stop(hub);
  expect(project.recount()).toEqual({ enqueued: backlog + 100, settled: backlog + 100, backlog: 0 });
});
