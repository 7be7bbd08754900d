// Where the queue of a new consumer begins, and how long there is something to begin with.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Got, ReplayProject, stop } from './support/replay-project.js';
import { until } from './support/until.js';

const COUNT = 600;

/** A stopped hub whose consumer `a` has got the numbers up to 600, and what it got. */
async function withHistory(): Promise<{ project: ReplayProject; history: Got[] }> {
  const project = new ReplayProject();
  project.configure({ consumers: { a: {} }, numbers: [0, COUNT] });
  await stop(await project.runThrough(COUNT));
  return { project, history: project.got('a') };
}

const segmentsOf = (project: ReplayProject): string[] =>
  readdirSync(project.path('data/journal')).filter((name) => name.endsWith('.seg'));

describe('a new consumer', () => {
  it('begins at a position, at a time or with the earliest message, and goes on with what comes', async () => {
    const { project, history } = await withHistory();
    const position = history[450]?.position;
    const time = new Date(history[COUNT / 2]?.time ?? 0).toISOString();
    const consumers = {
      a: {},
      b: { startFrom: { position } },
      c: { startFrom: { time } },
      d: { startFrom: 'earliest', topics: ['test.even'] },
      e: { startFrom: 'new' },
    };
    project.configure({ consumers, numbers: [COUNT, COUNT + 10] });
    const hub = await project.runThrough(5);
    const got = (name: string) => project.got(name);
    const all = [...history, ...got('a').slice(COUNT)];
    expect(got('b')).toEqual(all.slice(450));
    expect(got('c')).toEqual(all.slice(COUNT / 2));
    expect(got('d')).toEqual(all.filter(({ n }) => n % 2 === 0));
    expect(got('e')).toEqual(all.slice(COUNT));
    await hub.line(new RegExp(`consumer "b" starts from position ${position}: 150 found in the journal`));
    await stop(hub);
    expect(JSON.parse(readFileSync(project.path('data/queues/2-b/queue.json'), 'utf8'))).toMatchObject({
      startFrom: { position },
      backfill: 'done',
    });
    // Nothing new comes this time.
    project.configure({ consumers, numbers: [0, 0] });
    const second = await project.run();
    expect(got('b')).toHaveLength(160);
    await stop(second);
  });

  it.each([
    [
      { position: 99_999_999 },
      /consumer "b": startFrom \{ position: 99999999 \} lies beyond the journal, .* ends at \d+/,
    ],
    [{ time: '2999-01-01T00:00:00Z' }, /consumer "b": startFrom \{ time: "2999-01-01T00:00:00Z" \} is in the future/],
  ])('that is to begin with what is not yet, %j, is refused and leaves nothing behind', async (startFrom, line) => {
    const { project } = await withHistory();
    project.configure({ consumers: { a: {}, b: { startFrom } } });
    const refused = project.hub(['run']);
    await refused.line(line);
    expect((await refused.ended).code).toBe(58);
    expect(readdirSync(project.path('data/queues'))).toEqual(['1-a']);
    project.configure({ consumers: { a: {}, b: {} } });
    await stop(await project.run());
  });

  it('that is to begin before the oldest message begins with that, and it is said', async () => {
    const { project } = await withHistory();
    project.configure({ consumers: { a: {} }, retain: {} });
    const first = await project.run();
    await until('the settled segments are gone', () => segmentsOf(project).length === 1);
    await stop(first);
    project.configure({ consumers: { a: {}, b: { startFrom: { position: 40 } } }, numbers: [COUNT, COUNT + 3] });
    const hub = await project.runThrough(3);
    await hub.line(/warn +consumer "b" starts from position 40, which the journal no longer holds/);
    expect(project.got('b').map(({ n }) => n)).toEqual([600, 601, 602]);
    await stop(hub);
  });
});

describe('what every consumer has settled', () => {
  it('stays for as long as retain says, and goes then', async () => {
    const { project } = await withHistory();
    const before = segmentsOf(project);
    expect(before.length).toBeGreaterThan(4);
    project.configure({ consumers: { a: {} }, retain: { forMs: 3_600_000 } });
    const kept = await project.run();
    const { journal } = await project.statusWhen(({ journal: { retainedBytes } }) => retainedBytes > 0);
    expect(journal.retainedBytes).toBeLessThan(journal.bytes);
    const all = segmentsOf(project);
    expect(all.slice(0, before.length)).toEqual(before);
    await stop(kept);
    project.configure({ consumers: { a: {} }, retain: { forMs: 3_600_000, bytes: 140_000 } });
    const fewer = await project.run();
    await project.statusWhen(({ journal: { retainedBytes } }) => retainedBytes > 0 && retainedBytes <= 140_000);
    const left = segmentsOf(project);
    expect(left.length).toBeGreaterThan(2);
    expect(left).toEqual(all.slice(-left.length));
    await stop(fewer);
    project.configure({ consumers: { a: {} }, retain: { forMs: 1 } });
    const none = await project.run();
    await until('all of them have gone', () => segmentsOf(project).length === 1);
    await project.statusWhen(({ journal: { retainedBytes } }) => retainedBytes === 0);
    await stop(none);
  });
});
