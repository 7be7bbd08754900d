// `hub queue rm`: a queue without a consumer goes for good, and nothing else does.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Child } from './support/child.js';
import { QueueProject } from './support/queue-project.js';
import { until } from './support/until.js';

/** A project whose queue `old` has 600 messages in several segments and no consumer; no hub runs. */
async function withLeftQueue(): Promise<QueueProject> {
  const project = new QueueProject();
  project.configure(['kept', 'old'], [0, 600], 500);
  const hub = await project.run('--only', 'kept');
  await project.statusWhen(({ consumers }) => {
    const [kept, old] = consumers;
    return kept?.settledTotal.acknowledged === 600 && old?.backlog === 600;
  });
  await stop(hub);
  project.configure(['kept']);
  return project;
}

async function stop(hub: Child): Promise<void> {
  hub.kill('SIGTERM');
  expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
}

const segmentsOf = (project: QueueProject): string[] =>
  readdirSync(project.path('data/journal')).filter((name) => name.endsWith('.seg'));

const queuesOf = (project: QueueProject): string[] => readdirSync(project.path('data/queues'));

describe('a queue without a consumer', () => {
  it('is removed from a running hub when it is said that its messages may be lost', async () => {
    const project = await withLeftQueue();
    const hub = await project.run();
    await hub.line(
      /queue "old" has no consumer in the config any more: 600 messages in it.*"hub queue rm old" removes it/,
    );
    const refused = await project.queue('rm', 'old');
    expect(refused).toMatchObject({ code: 52, lines: [expect.stringMatching(/600 messages in queue "old".*--yes/)] });
    const inUse = await project.queue('rm', 'kept', '--yes');
    expect(inUse).toMatchObject({
      code: 51,
      lines: [expect.stringMatching(/take "kept" out of the config's consumers/)],
    });
    expect(queuesOf(project)).toEqual(['1-kept', '2-old']);

    const removed = { number: 2, name: 'old', discarded: 600, deadLetters: 0 };
    expect(await project.queueJson('rm', 'old', '--yes')).toEqual(removed);
    await hub.line(/info +queue "old" \(number 2\) was removed for good, with 600 messages/);
    expect((await project.list()).map(({ name }) => name)).toEqual(['kept']);
    const status = await project.status();
    expect(status.consumers.map(({ consumer }) => consumer)).toEqual(['kept']);
    const [, url] = await hub.line(/metrics +(http:\S+)/);
    const metrics = await (await fetch(url as string)).text();
    expect(metrics).toContain('consumer="kept"');
    expect(metrics).not.toContain('consumer="old"');
    await until('the segments that it kept are free', () => segmentsOf(project).length === 1);
    await until('its files are gone', () => queuesOf(project).length === 1);
    expect((await project.queue('rm', 'old', '--yes')).code).toBe(50);
    await stop(hub);
  });

  it('is removed without a hub as well, and what it kept goes at the next start', async () => {
    const project = await withLeftQueue();
    expect(await project.queue('rm', 'old')).toMatchObject({ code: 52 });
    expect(await project.queue('rm', 'kept')).toMatchObject({ code: 51 });
    expect(await project.queue('rm', 'old', '--yes')).toEqual({
      code: 0,
      lines: ['queue "old" (number 2) is removed; 600 messages went with it'],
    });
    expect(queuesOf(project)).toEqual(['1-kept']);
    const hub = await project.run();
    await until('the segments that it kept are free', () => segmentsOf(project).length === 1);
    await stop(hub);
  });

  it('begins anew when a consumer of its name is added again, under another number', async () => {
    const project = await withLeftQueue();
    expect((await project.queue('rm', 'old', '--yes')).code).toBe(0);
    project.configure(['kept', 'old'], [600, 610]);
    const hub = await project.run();
    const status = await project.statusWhen(({ consumers }) => {
      const acknowledged = consumers.map(({ settledTotal }) => settledTotal.acknowledged);
      return acknowledged.length === 2 && acknowledged.every((count) => count === 10);
    });
    expect(status.consumers.map(({ consumer, backlog }) => [consumer, backlog])).toEqual([
      ['kept', 0],
      ['old', 0],
    ]);
    expect(queuesOf(project)).toEqual(['1-kept', '3-old']);
    expect(project.got).toHaveLength(620);
    await stop(hub);
  });

  it('stays removed when the hub is killed right after it has said so, and disturbs no start', async () => {
    const project = await withLeftQueue();
    project.configure(['kept'], [600, 700], 500);
    const hub = await project.run();
    expect((await project.queue('rm', 'old', '--yes')).code).toBe(0);
    hub.kill('SIGKILL');
    await hub.ended;
    expect((await project.list()).map(({ name, number }) => [name, number])).toEqual([['kept', 1]]);
    project.configure(['kept'], [700, 710], 500);
    const second = await project.run();
    await project.statusWhen(({ consumers }) => consumers[0]?.backlog === 0);
    expect(new Set(project.got).size).toBe(710);
    expect(queuesOf(project)).toEqual(['1-kept']);
    await stop(second);
    expect(JSON.parse(readFileSync(project.path('data/hub.json'), 'utf8'))).toMatchObject({ nextQueueNumber: 3 });
  });

  it('that is empty goes without a question', async () => {
    const project = new QueueProject();
    project.configure(['kept', 'old']);
    await stop(await project.run());
    project.configure(['kept']);
    const hub = await project.run();
    expect(await project.queue('rm', 'old')).toEqual({
      code: 0,
      lines: ['queue "old" (number 2) is removed; it was empty'],
    });
    await stop(hub);
  });
});
