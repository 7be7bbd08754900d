// How often a message has failed is remembered, whatever ends: the thread that had it, the hub in order, or the hub by
// kill -9. What was under way at a crash or a kill may be counted once less.
import { describe, expect, it } from 'vitest';
import type { Child } from './support/child.js';
import { readDeliveries } from './support/deliveries.js';
import { HubProject } from './support/hub-project.js';
import { recount } from './support/naive-recount.js';
import { fixture } from './support/test-hub.js';
import { until } from './support/until.js';

const TEXTS = ['one', 'two', 'three', 'four'];

function makeProject(consumer: object): HubProject {
  const options = { log: './log', until: './until', crashed: './crashed' };
  const retry = { maxAttempts: 10_000, backoff: { initialMs: 10, maxMs: 50, jitter: 0 } };
  const a = { module: fixture('fail-until'), topics: ['test.>'], retry, options, ...consumer };
  return new HubProject({ 'hub.config.json': JSON.stringify({ http: false, consumers: { a } }) });
}

const attemptsOf = (project: HubProject, text: string): number[] =>
  readDeliveries(project.path('log'))
    .filter((delivery) => delivery.text === text)
    .map(({ attempt }) => attempt);
const lastAttempts = (project: HubProject): number[] => TEXTS.map((text) => attemptsOf(project, text).at(-1) ?? 0);

/** Waits until each message has been delivered three times more. */
async function threeMoreOfEach(project: HubProject): Promise<void> {
  const counts = TEXTS.map((text) => attemptsOf(project, text).length);
  await until('each was tried three times more', () =>
    TEXTS.every((text, index) => attemptsOf(project, text).length >= (counts[index] as number) + 3),
  );
}

/** The first attempt of each message that begins after those that there are. */
async function nextAttempts(project: HubProject, counts: readonly number[]): Promise<number[]> {
  await threeMoreOfEach(project);
  return TEXTS.map((text, index) => attemptsOf(project, text)[counts[index] as number] as number);
}

const countsOf = (project: HubProject): number[] => TEXTS.map((text) => attemptsOf(project, text).length);

async function publish(project: HubProject, topic: string, text: string): Promise<void> {
  expect(await project.hub(['publish', topic, text]).ended).toEqual({ code: 0, signal: null });
}

async function stop(hub: Child): Promise<void> {
  hub.kill('SIGTERM');
  expect(await hub.ended).toEqual({ code: 0, signal: null });
}

describe.each([{ threads: 1 }, { threads: 2, concurrency: 3 }])('attempts, with %o', (consumer) => {
  it('go on after a crash of the thread, a stop in order, and kill -9', async () => {
    const project = makeProject(consumer);
    const first = await project.run();
    for (const text of TEXTS) await publish(project, 'test.fail', text);
    await threeMoreOfEach(project);

    await publish(project, 'test.crash', 'crash');
    await until('its thread has been started again', () => attemptsOf(project, 'crash').length > 1);
    await threeMoreOfEach(project);

    await stop(first);
    const [stopped, attemptsAtStop] = [countsOf(project), lastAttempts(project)];
    const second = await project.run();
    expect(await nextAttempts(project, stopped)).toEqual(attemptsAtStop.map((attempt) => attempt + 1));
    expect((await project.status()).consumers).toMatchObject([{ backlog: TEXTS.length + 1 }]);

    second.kill('SIGKILL');
    await second.ended;
    const [killed, attemptsAtKill] = [countsOf(project), lastAttempts(project)];
    const third = await project.run();
    for (const [index, attempt] of (await nextAttempts(project, killed)).entries()) {
      const last = attemptsAtKill[index] as number;
      expect([last, last + 1], `${TEXTS[index]} after its attempt ${last}`).toContain(attempt);
    }

    // Neither the crash nor the kill has cost more than the one attempt that was under way.
    for (const text of TEXTS) {
      const attempts = attemptsOf(project, text);
      const steps = attempts.slice(1).map((attempt, index) => attempt - (attempts[index] as number));
      expect(
        steps.filter((step) => step !== 1).every((step) => step === 0),
        `${text}: ${attempts}`,
      ).toBe(true);
      expect(steps.filter((step) => step === 0).length, `${text}: ${attempts}`).toBeLessThanOrEqual(2);
    }

    project.write({ until: '' });
    await project.statusWhen(({ consumers: [a] }) => a?.backlog === 0);
    await stop(third);
    const count = TEXTS.length + 1;
    expect(recount(project.path('data')).get('a')).toEqual({ enqueued: count, settled: count, backlog: 0 });
  });
});
