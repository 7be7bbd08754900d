// Where there is one copy and it is gone, all that was committed is lost, as the matrix in README.md says; and nothing else is:
// the next hub starts with nothing, says that it is another one, and delivers what it is given.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { auditDirectory } from '@penstock/hub/control';
import { expect, it } from 'vitest';
import { Child } from '../support/child.js';
import { readTexts } from '../support/deliveries.js';
import { HubProject } from '../support/hub-project.js';
import { tempDir } from '../support/temp-dir.js';
import { allSettled, backlogs, fixture, numbers, publishNumbers, startHub } from '../support/test-hub.js';
import { until } from '../support/until.js';

it('a data directory that is gone takes with it what waited, and the next hub begins anew', async () => {
  const dataDir = join(tempDir(), 'data');
  const log = join(dataDir, '../log');
  const config = { dataDir, consumers: { a: { module: fixture('record'), options: { log } } } };
  const first = await startHub(config, { only: [] });
  await publishNumbers(first, 0, 50);
  expect(backlogs(first)).toEqual({ a: 50 });
  const { hubId } = first.snapshot();
  await first.stop();
  rmSync(dataDir, { recursive: true });

  const second = await startHub(config);
  expect(second.snapshot().hubId).not.toBe(hubId);
  await publishNumbers(second, 50, 60);
  await allSettled(second);
  await second.stop();
  expect(readTexts(log)).toEqual(numbers(50, 60));
  const { queues } = await auditDirectory(dataDir);
  expect(queues).toMatchObject([{ consumer: 'a', enqueued: 10, acknowledged: 10, result: 'even' }]);
});

it('a data directory that goes while the hub runs ends it, loudly, and it begins anew', async () => {
  const project = new HubProject({
    'hub.config.json': JSON.stringify({
      http: false,
      consumers: { a: { module: fixture('record'), options: { log: './log' } } },
    }),
  });
  const hub = project.supervised();
  await hub.ready();
  expect((await project.hub(['publish', 'test.number', '1']).ended).code).toBe(0);
  renameSync(project.path('data'), project.path('aside'));
  await hub.child.line(/the journal cannot be written: .*data is gone; nothing more is accepted/);
  await hub.ready(1);
  expect((await project.hub(['publish', 'test.number', '2']).ended).code).toBe(0);
  await until('the next message is delivered', () => readTexts(project.path('log')).includes('2'));
  expect((await project.status()).consumers).toMatchObject([{ consumer: 'a', enqueuedTotal: 1, backlog: 0 }]);
});

it('an ephemeral hub that is killed takes with it what waited, and the next one begins anew', async () => {
  const log = join(tempDir(), 'log');
  for (const _ of ['the first', 'the second']) {
    const hub = Child.node(fixture('ephemeral-backlog'), [log]);
    await hub.line(/^0 wait at the start$/);
    await hub.line(/^20 wait, committed$/);
    hub.kill('SIGKILL');
    expect(await hub.ended).toMatchObject({ signal: 'SIGKILL' });
  }
  expect(existsSync(log)).toBe(true);
  expect(readTexts(log)).toEqual([]);
});
