// `hub publish` as its users have it: what it says is committed is what consumers get, whatever happens on the way.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Child } from './support/child.js';
import { freePort } from './support/free-port.js';
import { HubProject, type StatusJson } from './support/hub-project.js';

const consumer = `
import { createHash } from 'node:crypto';
import { Consumer } from '@penstock/hub';
export default class extends Consumer {
  static topics = ['test.>'];
  async consume(message) {
    if (message.topic === 'test.load') return;
    const sha = createHash('sha256').update(message.body).digest('hex');
    console.log(['got', message.topic, message.id, JSON.stringify(message.headers), sha].join(' '));
  }
}`;

const project = (config: object = {}): HubProject =>
  new HubProject({
    'hub.config.json': JSON.stringify({ http: false, consumers: { reader: { module: './reader.mjs' } }, ...config }),
    'reader.mjs': consumer,
  });

const sha = (body: string | Buffer): string => createHash('sha256').update(body).digest('hex');
const acknowledged = ({ consumers }: StatusJson): number => consumers[0]?.settledTotal.acknowledged ?? 0;

interface Summary {
  readonly messages: number;
  readonly first?: { readonly position: number; readonly id: string };
  readonly last?: { readonly position: number; readonly id: string };
}

/** What `--json` prints, once it has. */
async function summaryOf(child: Child): Promise<Summary> {
  const [json] = await child.line(/^\{.*\}$/);
  return JSON.parse(json) as Summary;
}

describe('hub publish', () => {
  it('says where a message lies once it is committed; the consumer has it, and the hub’s log tells of it', async () => {
    const one = project();
    const hub = await one.run();
    const child = one.hub(['publish', 'test.a', 'hello', '--id', 'x', '--header', 'k=v=w']);
    await child.line(/^committed at position \d+, id x$/);
    expect(await child.ended).toEqual({ code: 0, signal: null });
    await hub.line(new RegExp(`got test\\.a x \\{"k":"v=w","id":"x"\\} ${sha('hello')}`));
    await hub.line(/\[control\] 1 message published to "test\.a" by command/);
  });

  it('takes a body from standard input as the bytes that they are, or line by line', async () => {
    const input = project();
    const hub = await input.run();
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256));
    const whole = input.hub(['publish', 'test.bytes', '-']);
    whole.process.stdin?.end(bytes);
    await hub.line(new RegExp(`got test\\.bytes .* ${sha(bytes)}`));
    expect(await whole.ended).toEqual({ code: 0, signal: null });

    const lines = input.hub(['publish', 'test.lines', '--lines', '--id', 'n', '--json']);
    lines.process.stdin?.write('first\nsec');
    await hub.line(new RegExp(`got test\\.lines n-1 .* ${sha('first')}`));
    lines.process.stdin?.end('ond\n\nlast');
    await hub.line(new RegExp(`got test\\.lines n-4 .* ${sha('last')}`));
    expect(await summaryOf(lines)).toMatchObject({ messages: 4, first: { id: 'n-1' }, last: { id: 'n-4' } });
  });

  it('publishes many, waiting where the hub has no room, and none is lost', async () => {
    const small = project({ maxUncommittedBytes: 65_536 });
    await small.run();
    const child = small.hub(['publish', 'test.load', 'x'.repeat(4_000), '--count', '3000', '--json']);
    expect(await summaryOf(child)).toMatchObject({ messages: 3_000 });
    expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
    await small.statusWhen((status) => acknowledged(status) === 3_000);
  });

  it('ends at Ctrl-C with exit code 130, and what it says it has published is what there is', async () => {
    const endless = project();
    const hub = await endless.run();
    const args = ['publish', 'test.load', 'x', '--count', '1000000', '--rate', '500', '--json'];
    const child = endless.hub(args);
    await hub.line(/published to "test\.load"/);
    child.kill('SIGINT');
    const { messages } = await summaryOf(child);
    expect(await child.ended).toEqual({ code: 130, signal: null });
    expect(messages).toBeGreaterThan(0);
    expect(child.output).toMatch(/^hub: interrupted: [\d,]+ messages? committed of 1,000,000$/m);
    await endless.statusWhen((status) => acknowledged(status) === messages);
  });

  it('says how far it came when the hub is killed; all of that is there after a restart', async () => {
    const killed = project();
    const hub = await killed.run();
    // At a rate at which the test can keep all lines of the tail.
    const child = killed.hub(['publish', 'test.load', 'x', '--count', '1000000', '--rate', '2000']);
    await hub.line(/\[control\] \d{2,} messages published to "test\.load"/);
    hub.kill('SIGKILL');
    expect(await child.ended, child.output).toEqual({ code: 23, signal: null });
    const [, counted = ''] = await child.line(/^hub: ([\d,]+) messages committed before this:$/);
    await child.line(/^hub: no hub answers on data directory .*data: /);
    const tail = killed.hub(['tail', '--from', 'earliest', '--json']);
    await tail.ended;
    const there = tail.lines.filter((line) => line.startsWith('{')).length;
    expect(there).toBeGreaterThanOrEqual(Number(counted.replaceAll(',', '')));
  });

  it('is refused with one line and an exit code of its own', async () => {
    const tiny = project({ maxMessageBytes: 10 });
    const cases: [args: string[], code: number, line: RegExp][] = [
      [['test.a', 'x'], 23, /no hub answers on data directory .*"hub run"$/],
      [['a..b', 'x'], 2, /The topic has an empty token/],
      [['test.a', 'x', '--header', 'k'], 2, /name=value/],
      [['test.a', 'x', '--count', '1.5'], 2, /whole number/],
      [['test.a', 'x', '--rate', '0'], 2, /messages a second/],
      [['test.a', 'x', '--lines'], 2, /leave BODY out/],
      [['test.a', 'x', '--acknowledged'], 2, /goes with --to/],
      [['test.a', 'x', '--to', 'localhost:1'], 2, /must be an endpoint/],
      [['test.a', 'x', '--to', 'tcp://127.0.0.1:1', '--data-dir', 'd'], 2, /either --to or a hub/],
    ];
    for (const [args, code, line] of cases) {
      const child = tiny.hub(['publish', ...args]);
      expect(await child.ended, child.output).toEqual({ code, signal: null });
      await child.line(line);
    }
    await tiny.run();
    const large = tiny.hub(['publish', 'test.a', 'far too long']);
    expect(await large.ended, large.output).toEqual({ code: 27, signal: null });
    await large.line(/^hub: .*maxMessageBytes, 10$/);
  });
});

describe('hub publish --to', () => {
  it('needs no config, and says when nobody is there', async () => {
    const nobody = new HubProject({});
    const child = nobody.hub([
      'publish',
      'test.a',
      'x',
      '--to',
      `tcp://127.0.0.1:${await freePort()}`,
      '--timeout',
      '0.2',
    ]);
    expect(await child.ended, child.output).toEqual({ code: 40, signal: null });
    await child.line(/^hub: tcp:.* no PULL socket answered there within 200 ms$/);
  });

  it('pushes to a PULL source, or has a ROUTER source acknowledge; nothing is lost at its end', async () => {
    const [pull, router] = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`];
    const source = { module: '@penstock/zeromq', pull: [{ bind: pull }], router: [{ bind: router }] };
    const bus = project({ sources: [source] });
    const hub = await bus.run();
    const pushed = bus.hub(['publish', 'test.load', 'x'.repeat(1_000), '--count', '5000', '--to', pull]);
    await pushed.line(/^5,000 messages handed over in /);
    expect(await pushed.ended, pushed.output).toEqual({ code: 0, signal: null });
    await bus.statusWhen((status) => acknowledged(status) === 5_000);

    const args = ['publish', 'test.a', 'x', '--to', router, '--acknowledged'];
    const one = bus.hub([...args, '--id', 'given', '--header', 'k=v']);
    await one.line(/^committed at position \d+, id given$/);
    await hub.line(/got test\.a given \{"k":"v","id":"given"\}/);
    const many = bus.hub([...args.with(1, 'test.load'), '--count', '5000', '--json']);
    const { messages, first, last } = await summaryOf(many);
    expect(messages).toBe(5_000);
    expect(last?.position).toBeGreaterThan(first?.position as number);
    await bus.statusWhen((status) => acknowledged(status) === 10_001);
  });

  it.each(['', '--acknowledged'])('ends at Ctrl-C also while nobody is there %s', async (option) => {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const options = ['--timeout', '3600', ...(option === '' ? [] : [option])];
    const child = project().hub(['publish', 'test.a', 'x', '--to', endpoint, ...options]);
    await child.line(/^hub: 0 messages /);
    child.kill('SIGINT');
    expect(await child.ended).toEqual({ code: 130, signal: null });
    expect(child.output).toMatch(/interrupted: 0 messages .*; what was under way may have got there or not/);
  });
});
