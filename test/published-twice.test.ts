// A consumer that publishes and whose process or thread ends before its delivery is settled gets the message again and
// publishes again: what it published comes twice, with the same id, so that whoever gets it can tell.
import { expect, it } from 'vitest';
import { kill, type ScriptedNote, ScriptedProject } from './support/scripted-project.js';
import { until } from './support/until.js';

const retry = { maxAttempts: 3, backoff: { initialMs: 5, maxMs: 5 } };

it.each([
  ['one thread', { concurrency: 2 }],
  ['several threads', { threads: 2, concurrency: 2 }],
])(
  'what was published before a failure or a kill comes again with the id that it had, with %s',
  async (_, settings) => {
    const project = new ScriptedProject({ a: { retry, ...settings }, copies: { topics: ['copies'] } });
    const copiesOf = (message: number) =>
      project.notes('copies').filter(({ n, event }) => n === message && event === 'end');
    const hub = await project.run();
    // The first fails after it has published; the second hangs then, until the hub is killed.
    await project.publish([['publish copies throw', 'publish copies ack'], ['publish copies stuck']]);
    await until('both have published', () => copiesOf(0).length === 2 && copiesOf(1).length === 1);
    await project.when(({ backlog }) => backlog === 1);
    await project.when(({ backlog }) => backlog === 0, 'copies');
    await kill(hub);
    expect(project.recount()).toEqual({ enqueued: 2, settled: 1, backlog: 1 });

    const next = await project.run();
    await until('the second has published again', () => copiesOf(1).length === 2);
    expect(project.begun().toSorted()).toEqual(['0/1', '0/2', '1/1', '1/1']);
    for (const message of [0, 1]) {
      const { id } = project.notes().find(({ n }) => n === message) as ScriptedNote;
      expect(copiesOf(message).map((copy) => copy.id)).toEqual([`${id}/a/0`, `${id}/a/0`]);
    }
    expect(project.notes('copies').every(({ attempt }) => attempt === 1)).toBe(true);
    await kill(next);
  },
);
