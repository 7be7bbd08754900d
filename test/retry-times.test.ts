// When a message that failed comes again: after the wait that its consumer asks for, never before, and by the same
// time when the hub has been stopped or killed meanwhile. Deliveries are compared by a clock that runs on over restarts.
import { expect, it } from 'vitest';
import { kill, type ScriptedNote, ScriptedProject, stop } from './support/scripted-project.js';
import { until } from './support/until.js';

/** How long after each failed attempt of a message the next one began, in milliseconds. */
function waitsOf(notes: readonly ScriptedNote[], n: number): number[] {
  const ofMessage = notes.filter((note) => note.n === n);
  const ended = ofMessage.filter(({ event }) => event === 'end');
  return ofMessage
    .filter(({ event, attempt }) => event === 'begin' && attempt > 1)
    .map(({ atMs, attempt }) => atMs - (ended.find((note) => note.attempt === attempt - 1)?.atMs ?? 0));
}

/** No wait is shorter than it should be; clocks that count in whole milliseconds may be one off. */
function expectAtLeast(waits: readonly number[], leastMs: readonly number[]): void {
  expect(waits).toHaveLength(leastMs.length);
  for (const [at, wait] of waits.entries()) expect(wait, `${waits}`).toBeGreaterThanOrEqual((leastMs[at] ?? 0) - 1);
}

it('each wait is initialMs, then factor times as long, at most maxMs, and jitter takes off no more than its part', async () => {
  const backoff = { initialMs: 40, factor: 3, maxMs: 200 };
  const project = new ScriptedProject({
    exact: { retry: { backoff: { ...backoff, jitter: 0 } } },
    jittered: { retry: { backoff: { ...backoff, jitter: 0.5 } }, threads: 2, concurrency: 4 },
    longer: { retry: { backoff: { initialMs: 3_600_000, maxMs: 3_600_000 } } },
  });
  const hub = await project.run();
  await project.publish([['throw', 'throw', 'throw', 'throw', 'ack']]);
  await project.when(({ backlog }) => backlog === 0, 'exact');
  await project.when(({ backlog }) => backlog === 0, 'jittered');
  expectAtLeast(waitsOf(project.notes('exact'), 0), [40, 120, 200, 200]);
  expectAtLeast(waitsOf(project.notes('jittered'), 0), [20, 60, 100, 100]);
  expect(await project.when(({ retrying }) => retrying === 1, 'longer')).toMatchObject({ backlog: 1, inFlight: 0 });
  await hub.line(/warn +\[exact\] .*attempt 2 of 20; again in 120 ms/);
  await hub.line(/warn +\[longer\] .*attempt 1 of 20; again in (2[89]|3[0-6])\d{5} ms/);
  await stop(hub);
});

it('a message that waits is due when it would have been, though the hub was stopped and killed meanwhile', async () => {
  const shapes = { one: {}, threads: { threads: 2 }, keyed: { order: 'key', orderKey: { header: 'none' } } } as const;
  const names = Object.keys(shapes);
  const project = new ScriptedProject(shapes);
  let hub = await project.run();
  await project.publish([['later 8000', 'ack'], ['later 3600000']]);
  for (const name of names) {
    await until(`both have failed in ${name}`, () => project.ended(name).length === 2);
    await project.when(({ retrying }) => retrying > 0, name);
  }
  for (const end of [stop, kill]) {
    await end(hub);
    hub = await project.run();
  }
  for (const name of names) {
    await until(`${name} has it again`, () => project.begun(name).includes('0/2'));
    expectAtLeast(waitsOf(project.notes(name), 0), [8_000]);
    // The attempts go on, and what is due in an hour is neither delivered nor lost.
    await project.when(({ backlog, retrying }) => backlog === 1 && retrying === 1, name);
    expect(project.begun(name).toSorted(), name).toEqual(['0/1', '0/2', '1/1']);
  }
  await kill(hub);
  for (const name of names) expect(project.recount(name)).toEqual({ enqueued: 2, settled: 1, backlog: 1 });
});

it('with maxRetrying waiting no new message begins until one of them is settled, also after kill -9', async () => {
  const retry = { maxAttempts: 10_000, backoff: { initialMs: 20, maxMs: 20 } };
  const project = new ScriptedProject({ a: { maxRetrying: 3, retry } });
  let hub = await project.run();
  const waiting = ['until x'];
  await project.publish([['ack'], waiting, waiting, waiting, ['ack'], ['ack']]);
  const numbersBegun = () => [...new Set(project.notes().map(({ n }) => n))];
  for (const end of [kill, stop]) {
    const count = project.begun().length;
    await until('each was tried five times more', () => project.begun().length > count + 15);
    expect(numbersBegun().toSorted()).toEqual([0, 1, 2, 3]);
    expect((await project.status()).consumers).toMatchObject([{ backlog: 5 }]);
    await end(hub);
    hub = await project.run();
  }
  project.write({ x: '' });
  await project.when(({ backlog }) => backlog === 0);
  expect(numbersBegun().toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
  await stop(hub);
  expect(project.recount()).toEqual({ enqueued: 6, settled: 6, backlog: 0 });
});
