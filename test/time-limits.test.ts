// `timeoutMs`: a delivery that takes longer counts as failed, and what comes of it later changes nothing. On the real
// command; the limit is short only where the delivery would otherwise never end.
import { expect, it } from 'vitest';
import { kill, ScriptedProject, stop } from './support/scripted-project.js';

const retry = { maxAttempts: 3, backoff: { initialMs: 1, maxMs: 1 } };

it('a delivery over its time is tried again, counted, and a dead letter after its last attempt; late results are ignored and logged', async () => {
  const project = new ScriptedProject({
    one: { timeoutMs: 50, retry },
    threads: { timeoutMs: 50, retry, threads: 2, concurrency: 2 },
    keyed: { timeoutMs: 50, retry, order: 'key', orderKey: { topicToken: 0 } },
    unlimited: { concurrency: 5 },
  });
  let hub = await project.run();
  await project.publish([['late', 'drop'], ['stuck'], ['drop']]);
  const names = ['one', 'threads', 'keyed'];
  for (const name of names) {
    const status = await project.when(({ backlog }) => backlog === 0, name);
    expect(status, name).toMatchObject({
      failuresTotal: 4,
      timeoutsTotal: 4,
      settledTotal: { acknowledged: 0, dropped: 2, deadLettered: 1 },
      deadLetteredTotal: { attempts: 1 },
    });
    expect(project.begun(name).toSorted(), name).toEqual(['0/1', '0/2', '1/1', '1/2', '1/3', '2/1']);
    await hub.line(
      new RegExp(`\\[${name}\\W.*consume\\(\\) on "test.a" at position \\d+ returned after \\d+ ms, too late`),
    );
    const letters = project.hub(['dlq', 'ls', name, '--reason', 'timeoutMs', '--json']);
    expect(await letters.ended, letters.output).toEqual({ code: 0, signal: null });
    expect(letters.lines.map((line) => JSON.parse(line))).toMatchObject([
      { reason: { kind: 'attempts' }, attempts: 3, error: { code: 'DELIVERY_TIMEOUT' } },
    ]);
  }
  // Without a limit what takes long is just in flight, and holds a place until its hub is gone.
  expect(await project.when(({ backlog }) => backlog === 2, 'unlimited')).toMatchObject({
    inFlight: 2,
    failuresTotal: 0,
  });
  await kill(hub);
  for (const name of names) expect(project.recount(name)).toEqual({ enqueued: 3, settled: 3, backlog: 0 });

  project.configure({ unlimited: { concurrency: 5, timeoutMs: 50, retry } });
  hub = await project.run();
  await project.when(({ backlog }) => backlog === 0, 'unlimited');
  expect(project.begun('unlimited').toSorted()).toEqual(['0/1', '0/1', '0/2', '1/1', '1/1', '1/2', '1/3', '2/1']);
  await stop(hub);
});
