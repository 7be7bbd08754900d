// What waits for a retry when its consumer's settings change between two starts: nothing is lost or delivered past its
// end, the attempts go on, and the new settings hold from the first delivery on.
import { expect, it } from 'vitest';
import { kill, ScriptedProject, stop } from './support/scripted-project.js';
import { fixture } from './support/test-hub.js';
import { until } from './support/until.js';

const retry = { maxAttempts: 10_000, backoff: { initialMs: 5, maxMs: 5 } };
const COUNT = 8;

it('messages that wait are delivered on by other threads, orders, bounds and classes, after stops and kills', async () => {
  const begin = { retry, threads: 2, concurrency: 3 };
  const shapes = [
    { retry, threads: 1 },
    { retry, order: 'strict' },
    { retry, threads: 3, order: 'key', orderKey: { topicToken: 0 } },
    { retry, maxRetrying: 2, threads: 2 },
    { retry, order: 'key', orderKey: { header: 'id' }, maxRetrying: 3, concurrency: 2 },
    begin,
  ] as const;
  const project = new ScriptedProject({ a: begin });
  let hub = await project.run();
  const numbers = Array.from({ length: COUNT }, (_, n) => n);
  await project.publish(numbers.map(() => ['until open']));
  const attemptsOf = (n: number) => project.notes().filter((note) => note.n === n && note.event === 'begin');
  await until('each has failed twice', () => numbers.every((n) => attemptsOf(n).length > 2));
  for (const [round, shape] of shapes.entries()) {
    await (round % 2 === 0 ? kill : stop)(hub);
    const before = project.begun().length;
    const lasts = numbers.map((n) => attemptsOf(n).at(-1)?.attempt ?? 0);
    project.configure({ a: shape });
    hub = await project.run();
    await until('some are tried again', () => project.begun().length > before + 20);
    const now = project
      .notes()
      .filter(({ event }) => event === 'begin')
      .slice(before);
    for (const { n, attempt } of now) expect(attempt, `${n} in round ${round}`).toBeGreaterThanOrEqual(lasts[n] ?? 0);
    // In strict order, or of one key, only the first of them is tried.
    const tried = new Set(now.map(({ n }) => n));
    if (round === 1 || round === 2) expect([...tried]).toEqual([0]);
    expect((await project.status()).consumers).toMatchObject([{ backlog: COUNT, deadLetters: 0 }]);
  }
  await kill(hub);

  // With fewer attempts than were made, the next failure is the last; what succeeds is acknowledged whatever was before.
  project.configure({ a: { retry: { maxAttempts: 1 } } });
  hub = await project.run();
  await project.when(({ deadLetters }) => deadLetters === COUNT);
  expect(await project.hub(['dlq', 'requeue', 'a', '--all']).ended).toMatchObject({ code: 0 });
  await project.when(({ deadLetteredTotal }) => deadLetteredTotal.attempts === 2 * COUNT);
  await stop(hub);
  project.write({ open: '' });
  project.configure({ a: { module: fixture('batched') } });
  hub = await project.run();
  expect(await project.hub(['dlq', 'requeue', 'a', '--all']).ended).toMatchObject({ code: 0 });
  await project.when(({ backlog, settledTotal }) => backlog === 0 && settledTotal.acknowledged === COUNT);
  await stop(hub);
  expect(project.recount()).toEqual({ enqueued: 3 * COUNT, settled: 3 * COUNT, backlog: 0 });
});
