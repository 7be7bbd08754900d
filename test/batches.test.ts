// `consumeBatch`: how many messages come at once, and what becomes of each, on the real command and on real threads.
import { describe, expect, it } from 'vitest';
import { readNotes } from './support/deliveries.js';
import { kill, type Script, ScriptedProject, stop } from './support/scripted-project.js';
import { fixture } from './support/test-hub.js';
import { until } from './support/until.js';

const module = fixture('batched');
const retry = { maxAttempts: 3, backoff: { initialMs: 5, maxMs: 5 } };
const nothing = (count: number): Script[] => Array.from({ length: count }, () => []);

const batchesOf = (project: ScriptedProject, consumer: string): string[][] =>
  readNotes<{ batch: string[] }>(project.path(`${consumer}.log`)).map(({ batch }) => batch);

describe('a batch', () => {
  it('has maxBatch messages at most, all that wait at once, in order, and one of each key', async () => {
    const project = new ScriptedProject({
      full: { module, maxBatch: 7 },
      keyed: { module, maxBatch: 7, order: 'key', orderKey: { topicToken: -1 } },
      strict: { module, maxBatch: 50, order: 'strict' },
    });
    const hub = await project.run();
    // What has come while they were paused is there at once.
    expect(await project.hub(['pause', 'full', 'keyed', 'strict']).ended).toMatchObject({ code: 0 });
    await project.publish(nothing(20), 'test.a');
    await project.publish(nothing(5), 'test.b');
    expect(await project.hub(['resume', 'full', 'keyed', 'strict']).ended).toMatchObject({ code: 0 });
    await project.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
    const inOrder = Array.from({ length: 25 }, (_, n) => `${n}/1`);
    expect(batchesOf(project, 'full').map(({ length }) => length)).toEqual([7, 7, 7, 4]);
    expect(batchesOf(project, 'full').flat()).toEqual(inOrder);
    expect(batchesOf(project, 'strict')).toEqual([inOrder]);
    const keyed = batchesOf(project, 'keyed');
    expect(keyed.flat().toSorted()).toEqual(inOrder.toSorted());
    const keyOf = (delivery: string) => (Number.parseInt(delivery, 10) < 20 ? 'a' : 'b');
    for (const batch of keyed) expect(new Set(batch.map(keyOf)).size, batch.join()).toBe(batch.length);
    await stop(hub);
  });

  it('that is not full waits for more up to maxWaitMs, and no longer', async () => {
    const project = new ScriptedProject({
      patient: { module, maxBatch: 3, maxWaitMs: 3_600_000 },
      brief: { module, maxBatch: 3, maxWaitMs: 20 },
    });
    const hub = await project.run();
    await project.publish(nothing(1));
    await project.publish(nothing(1));
    await project.when(({ backlog }) => backlog === 0, 'brief');
    expect(batchesOf(project, 'patient')).toEqual([]);
    await project.publish(nothing(1));
    await project.when(({ backlog }) => backlog === 0, 'patient');
    expect(batchesOf(project, 'patient')).toEqual([['0/1', '1/1', '2/1']]);
    await until('the last one has been noted', () => batchesOf(project, 'brief').flat().length === 3);
    await project.publish(nothing(1));
    await project.when(({ backlog }) => backlog === 0, 'brief');
    // One that waits for more ends with its hub, and nothing is lost.
    await stop(hub);
    expect(batchesOf(project, 'patient').flat()).toHaveLength(3);
    expect(project.recount('patient')).toEqual({ enqueued: 4, settled: 3, backlog: 1 });
  });

  it.each([
    ['one thread', {}],
    ['several threads and batches at a time', { threads: 2, concurrency: 3 }],
  ])('settles each message as it is told by itself, and the rest as it ends, with %s', async (_, settings) => {
    const project = new ScriptedProject({
      a: { module, maxBatch: 4, retry, ...settings },
      copies: { topics: ['copies'] },
    });
    let hub = await project.run();
    const scripts = [
      [],
      ['ack'],
      ['drop'],
      ['dead'],
      ['retry 5', 'ack'],
      ['retry 5'],
      ['publish copies', 'x'],
      ['throw', 'x'],
    ];
    await project.publish([...scripts, ...scripts]);
    const status = await project.when(({ backlog }) => backlog === 0);
    expect(status).toMatchObject({
      settledTotal: { acknowledged: 10, dropped: 2, deadLettered: 4 },
      droppedTotal: { consumer: 2 },
      deadLetteredTotal: { consumer: 2, attempts: 2 },
      deadLetters: 4,
    });
    const begun = batchesOf(project, 'a').flat();
    for (const [of, attempts] of Object.entries({
      1: 1,
      2: 1,
      3: 1,
      4: 2,
      5: 3,
      9: 1,
      10: 1,
      11: 1,
      12: 2,
      13: 3,
    }))
      expect(
        begun.filter((delivery) => delivery.startsWith(`${of}/`)),
        of,
      ).toHaveLength(attempts);
    // The second attempt of one may be in the batch that the other one fails.
    for (const of of [7, 15]) {
      const attempts = begun.filter((delivery) => delivery.startsWith(`${of}/`)).length;
      expect(attempts, `${of}`).toBeGreaterThanOrEqual(2);
      expect(attempts, `${of}`).toBeLessThanOrEqual(3);
    }
    await kill(hub);
    expect(project.recount()).toEqual({ enqueued: 16, settled: 16, backlog: 0 });
    hub = await project.run();
    expect((await project.when(() => true)).deadLetters).toBe(4);
    await project.when(({ backlog }) => backlog === 0, 'copies');
    // What was published for a message whose batch then failed was published again with it.
    expect(new Set(project.notes('copies').map(({ n }) => n))).toEqual(new Set([6, 14]));
    expect(batchesOf(project, 'a').flat()).toHaveLength(begun.length);
    await stop(hub);
  });
});
