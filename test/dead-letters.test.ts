// `hub dlq`: what a consumer could not deal with is kept with the reason, can be looked at without a hub too, and comes
// back to that consumer alone, or goes, as it is told; whatever happens to the hub meanwhile.
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Child } from './support/child.js';
import { DlqProject } from './support/dlq-project.js';
import { filesOf } from './support/files-of.js';
import { until } from './support/until.js';

async function stop(hub: Child): Promise<void> {
  hub.kill('SIGTERM');
  expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
}

const idOf = ({ id }: { id: number }): number => id;
const dead = (count: number): string[] => Array.from({ length: count }, (_, n) => `dead ${n}`);

describe('a message that becomes a dead letter', () => {
  it('is kept with its reason and error, and comes back to its consumer alone when it is requeued', async () => {
    const project = new DlqProject();
    project.configure(['fine 0', 'dead 1', 'fail 2', 'fine 3']);
    const hub = await project.run();
    await project.whenKept(2);

    const [first, second, ...rest] = await project.letters('ls', 'picky');
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      id: 1,
      reason: { kind: 'consumer', text: 'nobody knows dead 1' },
      error: {
        name: 'TypeError',
        message: 'no such key',
        code: 'E_KEY',
        stack: expect.stringMatching(/consumer\.ts:\d/),
      },
      attempts: 1,
      message: { id: 'm1', topic: 'test.text', headers: { id: 'm1', kind: 'test' }, body: 'dead 1' },
    });
    expect(second).toMatchObject({
      reason: { kind: 'attempts' },
      error: { message: 'the database is gone' },
      attempts: 3,
      message: { id: 'm2', body: 'fail 2' },
    });
    expect(Date.parse(second?.lastAt ?? '')).toBeGreaterThanOrEqual(Date.parse(second?.firstAt ?? ''));
    expect((await project.letters('ls', 'picky', '--reason', 'DATABASE')).map(idOf)).toEqual([second?.id]);
    expect(await project.letters('ls', 'picky', '--limit', '1')).toEqual([first]);
    expect(await project.letters('show', 'picky', '1')).toEqual([first]);
    const { lines } = await project.dlq('show', 'picky', '1');
    expect(lines.join('\n')).toMatch(
      /reason +nobody knows dead 1 \(consumer\)[\s\S]*TypeError: no such key \(E_KEY\)[\s\S]*dead 1/,
    );
    expect((await project.dlq('ls', 'plain')).lines).toEqual(['no dead letters']);

    project.mend();
    expect(await project.dlq('requeue', 'picky', '1')).toEqual({ code: 0, lines: ['1 dead letter requeued'] });
    await hub.line(/info +1 dead letter of consumer "picky" requeued by command: 1$/);
    expect(await project.dlq('requeue', 'picky', '--reason', 'database')).toMatchObject({ code: 0 });
    await project.whenKept(0);
    expect(project.got('picky').sort()).toEqual(['m0', 'm1', 'm2', 'm3']);
    expect(project.got('plain').sort()).toEqual(['m0', 'm1', 'm2', 'm3']);
    expect(await project.letters('ls', 'picky')).toEqual([]);
    await stop(hub);
  });

  it('outlives the segment that it came in', async () => {
    const project = new DlqProject();
    project.configure(['dead 0', ...Array.from({ length: 400 }, () => 'fine '.padEnd(500, '.'))]);
    const hub = await project.run();
    await project.whenKept(1);
    await until('its segment is gone', () => !existsSync(project.path('data/journal/0000000000000000.seg')));
    expect((await project.letters('show', 'picky', '0'))[0]?.message.body).toBe('dead 0');
    project.mend();
    expect((await project.dlq('requeue', 'picky', '--all')).lines).toEqual(['1 dead letter requeued']);
    await until('it is delivered', () => project.got('picky').includes('m0'));
    await stop(hub);
  });
});

describe('dead letters', () => {
  it('are counted alike by the gauge and the list, after a clean stop and after kill -9', async () => {
    const project = new DlqProject();
    project.configure(dead(20));
    let hub = await project.run();
    await project.whenKept(20);
    await stop(hub);
    expect((await project.letters('ls', 'picky')).map(idOf)).toEqual([...Array(20).keys()]);

    project.configure(dead(5));
    hub = await project.run();
    await project.whenKept(25);
    const [, url] = await hub.line(/metrics +(http:\S+)/);
    expect(await (await fetch(url as string)).text()).toContain(
      'penstock_consumer_dead_letters{consumer="picky"} 25\n',
    );
    expect(await project.dlq('purge', 'picky', '3', '22', '--yes')).toMatchObject({ code: 0 });
    hub.kill('SIGKILL');
    await hub.ended;

    project.configure([]);
    hub = await project.run();
    await project.whenKept(23);
    const letters = await project.letters('ls', 'picky');
    expect(letters).toHaveLength(23);
    expect(letters.map(idOf)).not.toContain(3);
    await stop(hub);
  });

  it('can be looked at without a hub, which changes nothing; what changes them says that it needs one', async () => {
    const project = new DlqProject();
    project.configure(dead(3));
    const hub = await project.run();
    await project.whenKept(3);
    hub.kill('SIGKILL');
    await hub.ended;
    const before = filesOf(project.path('data'));
    expect((await project.letters('ls', 'picky')).map(idOf)).toEqual([0, 1, 2]);
    expect((await project.letters('show', 'picky', '2', '0')).map(idOf)).toEqual([0, 2]);
    for (const args of [
      ['requeue', 'picky', '--all'],
      ['purge', 'picky', '1', '--yes'],
    ]) {
      expect(await project.dlq(...args)).toMatchObject({
        code: 23,
        lines: [expect.stringMatching(/start one with "hub run"/)],
      });
    }
    expect(filesOf(project.path('data'))).toEqual(before);
  });

  it('of a consumer that does not run wait in its queue when they are requeued', async () => {
    const project = new DlqProject();
    project.configure(dead(2));
    await stop(await withKept(project, 2));
    project.configure([]);
    const hub = await project.run('--only', 'plain');
    expect((await project.dlq('requeue', 'picky', '--all')).lines).toEqual(['2 dead letters requeued']);
    const { consumers } = await project.status();
    expect(consumers.map(({ backlog, deadLetters }) => [backlog, deadLetters])).toEqual([
      [2, 0],
      [0, 0],
    ]);
    await stop(hub);
  });

  it('of a consumer that is gone can be purged, and go with its queue, which says so', async () => {
    const project = new DlqProject();
    project.configure(dead(3));
    await stop(await withKept(project, 3));
    project.configure([], ['plain']);
    const hub = await project.run();
    expect(await project.dlq('requeue', 'picky', '--all')).toMatchObject({
      code: 53,
      lines: [expect.stringMatching(/"picky" cannot be requeued: it is no longer in the config/)],
    });
    expect(await project.dlq('purge', 'picky', '0')).toMatchObject({
      code: 2,
      lines: [expect.stringMatching(/--yes/)],
    });
    expect(await project.dlq('purge', 'picky', '0', '--yes')).toMatchObject({ lines: ['1 dead letter purged'] });
    const remove = async (...args: string[]) => {
      const child = project.hub(['queue', 'rm', 'picky', ...args]);
      return { code: (await child.ended).code, lines: child.lines };
    };
    expect(await remove()).toMatchObject({ code: 52, lines: [expect.stringMatching(/gone with 2 dead letters/)] });
    expect(await remove('--yes')).toMatchObject({
      lines: ['queue "picky" (number 1) is removed; 2 dead letters went with it'],
    });
    expect((await project.dlq('ls', 'picky')).code).toBe(50);
    await stop(hub);
  });

  it('are either still kept or requeued when the hub is killed in the middle of it, and none is lost', async () => {
    const project = new DlqProject();
    project.configure(dead(3_000));
    let hub = await withKept(project, 3_000);
    project.mend();
    const requeue = project.hub(['dlq', 'requeue', 'picky', '--all']);
    await until('some are delivered again', () => project.got('picky').length > 0);
    hub.kill('SIGKILL');
    await Promise.all([hub.ended, requeue.ended]);
    project.configure([]);
    hub = await project.run();
    const left = await project.statusWhen(({ consumers }) => consumers[0]?.backlog === 0);
    expect(await project.letters('ls', 'picky', '--limit', '5000')).toHaveLength(left.consumers[0]?.deadLetters ?? -1);
    expect((await project.dlq('requeue', 'picky', '--all')).code).toBe(0);
    await project.whenKept(0);
    expect(new Set(project.got('picky'))).toEqual(new Set(project.got('plain')));
    await stop(hub);
  });
});

async function withKept(project: DlqProject, count: number): Promise<Child> {
  const hub = await project.run();
  await project.whenKept(count);
  return hub;
}
