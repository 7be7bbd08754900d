// `hub tail` as its users have it: every message once and in order, through restarts and kills of the hub, and
// without the hub keeping anything for it.
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { HUB, HubProject, type StatusJson } from './support/hub-project.js';

const project = (config: object = {}): HubProject =>
  new HubProject({
    'hub.config.json': JSON.stringify({ http: false, consumers: { reader: { module: './reader.mjs' } }, ...config }),
    'reader.mjs': `
import { Consumer } from '@penstock/hub';
export default class extends Consumer { static topics = ['test.>']; consume() {} }`,
  });

interface Shown {
  readonly position: number;
  readonly topic: string;
  readonly body: string;
  readonly base64?: true;
}

const shownBy = (tail: Child): Shown[] =>
  tail.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Shown);

/** Publishes with the command; resolves when it is committed. */
async function publish(to: HubProject, ...args: string[]): Promise<void> {
  const child = to.hub(['publish', ...args]);
  expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
}

/** Publishes the numbers from `from` up to, not including, `end`, a message each. */
async function publishNumbers(to: HubProject, from: number, end: number): Promise<void> {
  const child = to.hub(['publish', 'test.number', '--lines']);
  child.process.stdin?.end(Array.from({ length: end - from }, (_, n) => `${from + n}\n`).join(''));
  expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
}

describe('hub tail', () => {
  it('shows messages as they are committed, in plain lines where it is piped', async () => {
    const live = project();
    await live.run();
    await publish(live, 'test.a', 'first');
    const tail = live.hub(['tail', '--from', 'earliest', '--limit', '4']);
    await tail.line(/^\d\d:\d\d:\d\d\.\d{3} {2}\d+ {2}test\.a {2}[0-9a-f]{12}-\d+ {2}5 B {2}first$/);
    await publish(live, 'other', '{ "a": [1, 2] }', '--id', 'given');
    await tail.line(/ {2}other {2}given {2}15 B {2}\{"a":\[1,2\]\}$/);
    await publish(live, 'test.a', 'x', '--count', '100');
    expect(await tail.ended, 'the limit is reached').toEqual({ code: 0, signal: null });
    expect(tail.lines).toHaveLength(4);
  });

  it('shows what matches, from a position or a time, as JSON with bytes in base64', async () => {
    const some = project();
    await some.run();
    const bytes = some.hub(['publish', 'test.bytes', '-']);
    bytes.process.stdin?.end(Buffer.of(0, 255, 128));
    await bytes.ended;
    await publishNumbers(some, 0, 10);
    const all = some.hub(['tail', '--from', '1h', '--no-follow', '--json']);
    expect(await all.ended, all.output).toEqual({ code: 0, signal: null });
    expect(shownBy(all)[0]).toMatchObject({ topic: 'test.bytes', body: 'AP+A', base64: true });
    expect(shownBy(all)).toHaveLength(11);
    const from = String(shownBy(all)[5]?.position);
    const rest = some.hub(['tail', 'nothing.>', '*.number', '--from', from, '--no-follow', '--json']);
    await rest.ended;
    expect(shownBy(rest).map(({ body }) => body)).toEqual(['4', '5', '6', '7', '8', '9']);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('goes on where it was after the hub ended by %s', async (signal) => {
    const restarted = project();
    const first = await restarted.run();
    await publishNumbers(restarted, 0, 50);
    const tail = restarted.hub(['tail', '--from', 'earliest', '--json']);
    await tail.line(/"body":"49"/);
    first.kill(signal);
    await tail.line(/^hub: the hub has gone; waiting for it to come back$/);
    await first.ended;
    await restarted.run();
    await publishNumbers(restarted, 50, 100);
    await tail.line(/"body":"99"/);
    expect(tail.lines).toContain('hub: the hub is back');
    expect(shownBy(tail).map(({ body }) => body)).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
    tail.kill('SIGINT');
    expect(await tail.ended).toEqual({ code: 0, signal: null });
  });

  it('that is slow keeps no segment: it says what passed by unseen, and goes on with what is there', async () => {
    const reaped = project({ segmentBytes: 65_536 });
    await reaped.run();
    await publish(reaped, 'test.a', 'before');
    const tail = reaped.hub(['tail', '--from', 'earliest', '--json']);
    await tail.line(/"body":"before"/);
    tail.kill('SIGSTOP');
    await publish(reaped, 'test.a', 'x'.repeat(1_000), '--count', '3000');
    const settled = ({ consumers, journal }: StatusJson) => consumers[0]?.backlog === 0 && journal.segments <= 2;
    await reaped.statusWhen(settled);
    tail.kill('SIGCONT');
    await tail.line(/^hub: .* passed by unseen: positions \d+ to \d+ are gone or damaged$/);
    await publish(reaped, 'test.a', 'after');
    await tail.line(/"body":"after"/);
    const positions = shownBy(tail).map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(new Set(positions).size).toBe(positions.length);
  });

  it('ends quietly when whoever reads has seen enough', async () => {
    const piped = project();
    await piped.run();
    await publish(piped, 'test.a', 'x'.repeat(500), '--count', '5000');
    const script = 'set -o pipefail; "$@" tail --from earliest | head -1';
    const args = ['-c', script, 'bash', process.execPath, HUB];
    const child = Child.spawn('bash', args, { cwd: piped.folder });
    expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
    expect(child.lines).toEqual([expect.stringMatching(/ {2}test\.a {2}/)]);
  });

  it('shows what is on the disk where no hub runs, if that is what it is asked for', async () => {
    const stopped = project();
    const nothing = stopped.hub(['tail', '--from', 'earliest']);
    expect(await nothing.ended).toEqual({ code: 23, signal: null });
    const hub = await stopped.run('--only', 'reader');
    await publishNumbers(stopped, 0, 3);
    hub.kill('SIGKILL');
    await hub.ended;
    const tail = stopped.hub(['tail', '--from', 'earliest', '--json']);
    expect(await tail.ended, tail.output).toEqual({ code: 0, signal: null });
    expect(tail.lines).toContain('hub: no hub answers here; this is what is on the disk');
    expect(shownBy(tail).map(({ body }) => body)).toEqual(['0', '1', '2']);
    const live = stopped.hub(['tail']);
    expect(await live.ended, live.output).toEqual({ code: 23, signal: null });
  });

  it('is refused with one line for what it cannot mean', async () => {
    const asked = project();
    await asked.run();
    const cases: [args: string[], code: number, line: RegExp][] = [
      [['a..b'], 13, /^hub: topic pattern "a\.\.b" has an empty token$/],
      [['--from', 'yesterday'], 2, /Give a position, a time/],
      [['--from', '2999-01-01'], 2, /is in the future/],
      [['--from', '123456789'], 2, /^hub: --from 123456789: the journal ends at \d+$/],
      [['--no-follow'], 2, /shows nothing without --from/],
      [['--limit', '0'], 2, /whole number/],
    ];
    for (const [args, code, line] of cases) {
      const child = asked.hub(['tail', ...args]);
      expect(await child.ended, child.output).toEqual({ code, signal: null });
      await child.line(line);
    }
  });
});
