// `hub replay`: messages that the journal still holds come again, to one consumer, all of a range and nothing else.
import { describe, expect, it } from 'vitest';
import type { Child } from './support/child.js';
import { type Got, ReplayProject, stop } from './support/replay-project.js';

const COUNT = 600;

/** A running hub whose consumers `a` and `b` have got the numbers up to 600, and what `a` got. */
async function withHistory(settings: object = {}): Promise<{ project: ReplayProject; hub: Child; history: Got[] }> {
  const project = new ReplayProject();
  project.configure({ consumers: { a: settings, b: {} }, numbers: [0, COUNT] });
  const hub = await project.runThrough(COUNT);
  project.configure({ consumers: { a: settings, b: {} } });
  return { project, hub, history: project.got('a') };
}

/** Makes a dead letter of the first message it ever gets, and writes down the others. */
const bury = `
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { Consumer, DeadLetter, type Message } from '@penstock/hub';
export default class extends Consumer {
  static override topics = ['test.>'];
  consume(message: Message) {
    if (!existsSync('buried')) {
      writeFileSync('buried', '');
      throw new DeadLetter('the first');
    }
    const { id, position, time, attempt } = message;
    appendFileSync('buries.log', JSON.stringify({ n: Number(message.text()), id, position, time, attempt }) + '\\n');
  }
}`;

const placeOf = (history: readonly Got[], n: number): string => String(history[n]?.position);
const numbersOf = (got: readonly Got[]): number[] => got.map(({ n }) => n);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe('a replay', () => {
  it('brings a range of positions or times again, in order, as it was, to that consumer alone', async () => {
    const { project, hub, history } = await withHistory();
    expect(numbersOf(history)).toEqual(range(0, COUNT));

    const byPosition = ['--from', placeOf(history, 200), '--to', placeOf(history, 400)];
    expect(await project.replay('a', ...byPosition)).toEqual({
      code: 0,
      lines: [`200 messages replayed into "a", of positions ${placeOf(history, 200)} to ${placeOf(history, 400)}`],
    });
    const middle = new Date(history[COUNT / 2]?.time ?? 0).toISOString();
    const byTime = await project.replayJson('a', '--from', middle);
    expect(byTime).toMatchObject({ consumer: 'a', replayed: 300, isComplete: true });
    const evens = await project.replayJson('a', '--from', 'earliest', '--to', middle, '--topic', 'test.even');
    expect(evens).toMatchObject({ replayed: 150, isLate: false, unseenBytes: 0 });

    await project.settled();
    const again = project.got('a').slice(COUNT);
    const wanted = [...range(200, 400), ...range(300, 600), ...range(0, 300).filter((n) => n % 2 === 0)];
    expect(again).toEqual(wanted.map((n) => history[n]));
    expect(project.got('b')).toEqual(history);
    const { consumers } = await project.status();
    expect(consumers.map(({ enqueuedTotal }) => enqueuedTotal)).toEqual([COUNT + wanted.length, COUNT]);
    await hub.line(/info +replay into consumer "a" is over: 200 messages/);
    await stop(hub);
  });

  it('is refused with what is wrong, and nothing is delivered then', async () => {
    const { project, hub } = await withHistory();
    const refusals: [string[], number, RegExp][] = [
      [['nobody', '--from', 'earliest'], 53, /no consumer "nobody"; there are: a, b/],
      [['a', '--from', '99999999'], 58, /position 99999999 lies beyond the journal, which ends at \d+/],
      [['a', '--from', '10', '--to', '5'], 58, /ends before it begins/],
      [['a', '--from', 'earliest', '--topic', 'x..y'], 13, /topic pattern "x\.\.y"/],
      [['a'], 2, /required option '--from <where>'/],
      [['a', '--from', '2999-01-01'], 2, /in the future/],
    ];
    for (const [args, code, line] of refusals) {
      const refused = await project.replay(...args);
      expect({ ...refused, lines: refused.lines[0] }).toEqual({ code, lines: expect.stringMatching(line) });
    }
    expect(project.got('a')).toHaveLength(COUNT);
    await stop(hub);
  });

  it('of what no longer is in the journal says so, and brings what is', async () => {
    const { project, hub, history } = await withHistory();
    await stop(hub);
    project.configure({ consumers: { a: {}, b: {} }, retain: { bytes: 150_000 } });
    const second = await project.run();
    await project.statusWhen(({ journal }) => journal.retainedBytes > 0 && journal.retainedBytes <= 150_000);
    const { lines } = await project.replay('a', '--from', placeOf(history, 0));
    expect(lines).toContainEqual(expect.stringMatching(/no longer holds where this was to begin/));
    await project.settled();
    const again = numbersOf(project.got('a').slice(COUNT));
    expect(again.length).toBeGreaterThan(100);
    expect(again).toEqual(range(COUNT - again.length, COUNT));
    await stop(second);
  });
});

describe('a dead letter that was delivered again', () => {
  it('is replayed once, as the message that it was, and to no other consumer', async () => {
    const { project, hub, history } = await withHistory();
    await stop(hub);
    project.write({ 'bury.ts': bury });
    project.configure({ consumers: { a: {}, b: {}, buries: { module: './bury.ts', startFrom: 'earliest' } } });
    const second = await project.run();
    await project.settled();
    const requeue = project.hub(['dlq', 'requeue', 'buries', '--all', '--json']);
    expect((await requeue.ended).code, requeue.output).toBe(0);
    await project.settled();
    expect(numbersOf(project.got('buries'))).toEqual([...range(1, COUNT), 0]);
    await project.replay('b', '--from', 'earliest');
    await project.replay('buries', '--from', 'earliest');
    await project.settled();
    expect(project.got('b').slice(COUNT)).toEqual(history);
    expect(project.got('buries').slice(COUNT)).toEqual(history);
    await stop(second);
  });
});

describe('a replay into a queue at its bound', () => {
  const bounded = { maxBacklog: { messages: 40 } };

  /** A replay of everything into `a`, which has come as far as its queue has room while deliveries wait. */
  async function held(): Promise<{ project: ReplayProject; hub: Child; history: Got[]; replay: Child }> {
    const { project, hub, history } = await withHistory(bounded);
    project.hold();
    const replay = project.hub(['replay', 'a', '--from', 'earliest']);
    await project.statusWhen(({ consumers }) => (consumers[0]?.backlog ?? 0) >= 38);
    return { project, hub, history, replay };
  }

  it('waits for room, refuses another one, and ends in order at Ctrl-C with where to go on', async () => {
    const { project, hub, replay } = await held();
    expect((await project.status()).consumers[0]?.backlog).toBeLessThanOrEqual(40);
    expect(await project.replay('a', '--from', 'earliest')).toEqual({
      code: 59,
      lines: [expect.stringMatching(/a replay into consumer "a" is under way/)],
    });
    replay.kill('SIGINT');
    expect((await replay.ended).code).toBe(130);
    const [, replayed, through] = await replay.line(/^(\d+) messages replayed .* go on with --from (\d+)$/);
    project.release();
    const rest = await project.replayJson('a', '--from', through as string);
    expect(rest).toMatchObject({ replayed: COUNT - Number(replayed), isComplete: true });
    await project.settled();
    expect(numbersOf(project.got('a').slice(COUNT))).toEqual(range(0, COUNT));
    await stop(hub);
  });

  it('ends in order when its hub is stopped, or when whoever asked for it is killed', async () => {
    const { project, hub, replay } = await held();
    replay.kill('SIGKILL');
    await hub.line(/replay into consumer "a" was stopped after \d+ messages, through position \d+/);
    project.release();
    await project.settled();
    project.hold();
    const second = project.hub(['replay', 'a', '--from', 'earliest']);
    await project.statusWhen(({ consumers }) => (consumers[0]?.backlog ?? 0) >= 38);
    hub.kill('SIGTERM');
    expect((await second.ended).code).toBe(22);
    await second.line(/go on with --from \d+$/);
    project.release();
    expect(await hub.ended).toEqual({ code: 0, signal: null });
  });

  it('keeps through a kill of the hub what it had put there, and goes on from there', async () => {
    const { project, hub, history, replay } = await held();
    const before = (await project.status()).consumers[0]?.backlog ?? 0;
    hub.kill('SIGKILL');
    await hub.ended;
    expect((await replay.ended).code).toBe(23);
    project.release();
    const second = await project.run();
    await project.settled();
    const again = numbersOf(project.got('a').slice(COUNT));
    expect(again.length).toBeGreaterThanOrEqual(before);
    expect(again).toEqual(range(0, again.length));
    await project.replay('a', '--from', placeOf(history, again.length));
    await project.settled();
    expect(numbersOf(project.got('a').slice(COUNT))).toEqual(range(0, COUNT));
    await stop(second);
  });
});
