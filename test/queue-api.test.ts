// `hub.removeQueue()`: a program removes a queue while everything else goes on.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QueueAccess } from '@penstock/hub/control';
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, backlogs, consumerOf, fixture, makeHub, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const module = fixture('record');

/** A data directory whose queue `old` has no consumer any more, and so many messages. */
async function withLeftQueue(messages: number) {
  const dataDir = tempDir();
  const kept = { module, options: { log: join(dataDir, 'log') } };
  const first = await startHub({ dataDir, consumers: { kept, old: { module } } }, { only: ['kept'] });
  await publishNumbers(first, 0, messages);
  await allSettledBut(first, 'old');
  await first.stop();
  return { dataDir, consumers: { kept } };
}

async function allSettledBut(hub: Awaited<ReturnType<typeof startHub>>, name: string): Promise<void> {
  await until('the others are settled', () =>
    Object.entries(backlogs(hub)).every(([queue, backlog]) => queue === name || backlog === 0),
  );
}

describe('a queue that a program removes', () => {
  it('is gone once, however many ask for it at once, and each removal is told', async () => {
    const hub = await startHub(await withLeftQueue(10));
    const told: unknown[] = [];
    hub.on('queue:removed', (event) => told.push(event));
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => hub.removeQueue('old', { discard: true })));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(outcomes[0]).toMatchObject({ value: { number: 2, name: 'old', discarded: 10, deadLetters: 0 } });
    expect(outcomes[1]).toMatchObject({ reason: { code: 'QUEUE_NOT_FOUND' } });
    expect(told).toEqual([{ queue: 'old', number: 2, discarded: 10, deadLetters: 0 }]);
  });

  it('does not disturb what is published and consumed meanwhile', async () => {
    const config = await withLeftQueue(10);
    const hub = await startHub({ ...config, segmentBytes: 65_536 });
    const published = publishNumbers(hub, 10, 5_000);
    await hub.removeQueue('old', { discard: true });
    await published;
    await allSettled(hub);
    expect(consumerOf(hub, 'kept').settledTotal).toMatchObject({ acknowledged: 4_990, damaged: 0 });
    await hub.stop();
    const again = await startHub(config);
    expect(backlogs(again)).toEqual({ kept: 0 });
  });

  it.each([
    ['kept', {}, 'QUEUE_IN_USE'],
    ['kept', { discard: true }, 'QUEUE_IN_USE'],
    ['old', {}, 'QUEUE_NOT_EMPTY'],
    ['never', { discard: true }, 'QUEUE_NOT_FOUND'],
  ])('stays when it is %s and the wish is %j: %s', async (name, options, code) => {
    const config = await withLeftQueue(1);
    const hub = await startHub(config);
    await expect(hub.removeQueue(name, options)).rejects.toMatchObject({ code });
    expect(readdirSync(join(config.dataDir, 'queues'))).toEqual(['1-kept', '2-old']);
  });

  it('cannot be removed by a hub that does not run', async () => {
    const config = await withLeftQueue(0);
    const hub = await makeHub(config);
    await expect(hub.removeQueue('old')).rejects.toMatchObject({ code: 'HUB_NOT_RUNNING' });
    await hub.start();
    await hub.stop();
    await expect(hub.removeQueue('old')).rejects.toMatchObject({ code: 'HUB_NOT_RUNNING' });
    expect(readdirSync(join(config.dataDir, 'queues'))).toEqual(['1-kept', '2-old']);
  });

  it('goes before a stop that is asked for at the same time has ended, or not at all', async () => {
    const config = await withLeftQueue(5);
    const hub = await startHub(config);
    const [removal] = await Promise.allSettled([hub.removeQueue('old', { discard: true }), hub.stop()]);
    const again = await startHub(config);
    const isThere = 'old' in backlogs(again);
    expect(isThere).toBe(removal?.status === 'rejected');
  });

  it('can be looked at, and removed after all, by the process whose removal was refused while no hub ran', async () => {
    const { dataDir } = await withLeftQueue(5);
    const access = new QueueAccess(dataDir, ['kept']);
    await expect(access.remove('old', { discard: false })).rejects.toMatchObject({ code: 'QUEUE_NOT_EMPTY' });
    expect((await access.list()).map(({ name, backlog }) => [name, backlog])).toEqual([
      ['kept', 0],
      ['old', 5],
    ]);
    await access.remove('old', { discard: true });
    expect((await access.list()).map(({ name }) => name)).toEqual(['kept']);
  });

  it('is not looked for while a process has the data directory that does not answer', async () => {
    const { dataDir } = await withLeftQueue(5);
    const holder = Child.spawn('sleep', ['600']);
    const started = readFileSync(`/proc/${holder.process.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
    writeFileSync(join(dataDir, 'lock'), `${holder.process.pid} ${started}\n`);
    const access = new QueueAccess(dataDir, undefined);
    await expect(access.list()).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringContaining(`process ${holder.process.pid}`),
    });
  });
});
