// `hub queue ls` and `hub queue show`: what waits where, with a running hub or without one, and nothing is touched.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { filesOf } from './support/files-of.js';
import { QueueProject } from './support/queue-project.js';

interface DetailJson {
  readonly backlog: number;
  readonly enqueued: number;
  readonly oldest: { readonly position: number } | null;
  readonly newest: { readonly ordinal: number } | null;
  readonly segments: readonly { readonly name: string; readonly unsettled: number }[];
  readonly logs: readonly unknown[];
  readonly messages: readonly { readonly id: string; readonly topic: string; readonly body: string }[];
}

/** What does not change when a hub stops. */
const lasting = ({
  number,
  name,
  added,
  topics,
  backlog,
  backlogBytes,
}: Awaited<ReturnType<QueueProject['list']>>[0]) => ({
  number,
  name,
  added,
  topics,
  backlog,
  backlogBytes,
});

/** A project whose queue `late` has 600 messages in several segments, and a hub that runs `early` alone. */
async function withBacklog() {
  const project = new QueueProject();
  project.configure(['early', 'late'], [0, 600], 500);
  const hub = await project.run('--only', 'early');
  await project.statusWhen(({ consumers }) => {
    const [early, late] = consumers;
    return early?.settledTotal.acknowledged === 600 && late?.backlog === 600;
  });
  return { project, hub };
}

describe('hub queue', () => {
  it('tells the same of each queue while the hub runs, after its stop, and after it was killed', async () => {
    const { project, hub } = await withBacklog();
    const live = await project.list();
    expect(live.map(({ state, backlog }) => ({ state, backlog }))).toEqual([
      { state: 'running', backlog: 0 },
      { state: 'not-run', backlog: 600 },
    ]);
    hub.kill('SIGTERM');
    await hub.ended;
    const stopped = await project.list();
    expect(stopped.map(lasting)).toEqual(live.map(lasting));
    expect(stopped.map(({ state }) => state)).toEqual(['stopped', 'stopped']);

    project.configure(['late'], [600, 700], 500);
    const second = await project.run('--only', 'late');
    await project.statusWhen(({ consumers }) => consumers[1]?.settledTotal.acknowledged === 700);
    const before = await project.list();
    second.kill('SIGKILL');
    await second.ended;
    const files = filesOf(project.path('data'));
    const killed = await project.list();
    expect(killed.map(lasting)).toEqual(before.map(lasting));
    expect(killed.map(({ state }) => state)).toEqual(['removed', 'stopped']);
    expect(filesOf(project.path('data'))).toEqual(files);
  });

  it('shows what waits in a queue, and takes nothing from it', async () => {
    const { project, hub } = await withBacklog();
    const live = await project.queueJson<DetailJson>('show', 'late', '--messages', '3');
    expect(live).toMatchObject({ backlog: 600, enqueued: 600, oldest: { ordinal: 0 }, newest: { ordinal: 599 } });
    expect(live.messages.map(({ id, topic, body }) => [id, topic, body.trim()])).toEqual([
      ['n0', 'test.number', '0'],
      ['n1', 'test.number', '1'],
      ['n2', 'test.number', '2'],
    ]);
    // All that it waits for, and nothing else, is why segments stay.
    expect(live.segments.length).toBeGreaterThan(3);
    expect(live.segments.reduce((sum, { unsettled }) => sum + unsettled, 0)).toBe(600);
    const segments = readdirSync(project.path('data/journal')).filter((name) => name.endsWith('.seg'));
    expect(live.segments.map(({ name }) => name)).toEqual(segments);
    expect(await project.queueJson<DetailJson>('show', 'early')).toMatchObject({
      oldest: null,
      segments: [],
      messages: [],
    });
    hub.kill('SIGTERM');
    await hub.ended;
    const stored = await project.queueJson<DetailJson>('show', 'late', '--messages', '3');
    expect(stored.messages).toEqual(live.messages);
    expect(stored.segments).toEqual(live.segments);

    project.configure(['early', 'late']);
    await project.run();
    await project.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
    expect(project.got).toHaveLength(1_200);
  });

  it('shows it on lines for people', async () => {
    const { project } = await withBacklog();
    const { lines } = await project.queue('ls');
    expect(lines[0]).toMatch(/^QUEUE +NUMBER +STATE +BACKLOG +BYTES +OLDEST +ON DISK +SINCE$/);
    expect(lines[2]).toMatch(/^late +2 +not-run +600 +[\d.]+ KiB +.* KiB +\d{4}-\d\d-\d\d$/);
    const shown = (await project.queue('show', 'late', '-n', '1')).lines;
    for (const line of [
      /^backlog +600 of the 600 ever put into it, /,
      /^keeps +\d segments of the journal, /,
      /^\d{16}\.seg +6\d\.\d KiB +\d+$/,
      /^ +\d+ +\d{4}-.*Z +test\.number +n0 +500 +0 /,
      /^and 599 more messages$/,
    ]) {
      expect(shown).toContainEqual(expect.stringMatching(line));
    }
  });

  it('says what is wrong where there is no queue, or no data directory', async () => {
    const project = new QueueProject();
    project.configure(['early']);
    const none = await project.queue('ls');
    expect(none).toMatchObject({ code: 15, lines: [expect.stringMatching(/no hub has ever run on it/)] });
    expect(readdirSync(project.folder)).not.toContain('data');
    const hub = await project.run();
    for (const name of ['late', 'x'.repeat(300), '../early', '?name=early&']) {
      const missing = await project.queue('show', name);
      expect(missing.code).toBe(50);
      expect(missing.lines.join()).toContain(`there is no queue "${name}"`);
      expect(missing.lines.join()).toContain('there are: early');
    }
    hub.kill('SIGTERM');
    await hub.ended;
    expect((await project.queue('show', 'late')).code).toBe(50);
  });
});
