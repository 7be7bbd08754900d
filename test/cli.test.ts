// The `hub` command as its users have it: a project of their own with TypeScript in it, the real command as a child
// process, and what it says and ends with.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Child } from './support/child.js';
import { FLOOD_SOURCE } from './support/flood-source.js';
import { HUB, HubProject, type StatusJson } from './support/hub-project.js';

/** A config file with these options, and no HTTP server, for the tests share a machine. */
const config = (options: string): string => `
import { defineConfig } from '@penstock/hub';
import { fromTheStart } from './source.js';
export default defineConfig({ http: false, sources: [fromTheStart('test.a', 'test.b')], ${options} });`;

/** A source that has a message for each topic as soon as it is started, and then no more. */
const source = `
import type { SourceDefinition } from '@penstock/hub';
export const fromTheStart = (...topics: string[]): SourceDefinition => ({
  type: 'test',
  description: 'a message each on ' + topics.join(' and '),
  create: (context) => ({
    async start() { for (const topic of topics) context.accept(topic, 'body'); },
    async stop() {},
  }),
});`;

const consumer = (consume: string): string => `
import { Consumer, type Message } from '@penstock/hub';
enum Greeting { Hello = 'hello' }
export default class extends Consumer {
  static override topics = ['test.>'];
  async consume(message: Message) { ${consume} }
}`;

const greeter = consumer(`console.log(Greeting.Hello + ' ' + message.topic);`);
const busyForever = consumer(`console.log('begins'); for (;;);`);
const project = (files: Record<string, string>): HubProject => new HubProject({ 'source.ts': source, ...files });

const consumerOf = ({ consumers }: StatusJson, name: string) => consumers.find(({ consumer }) => consumer === name);

describe('hub run', () => {
  it('runs TypeScript as it stands, says what runs where, and ends at SIGTERM with what remains of each queue', async () => {
    const greeting = project({
      'hub.config.ts': config(`consumers: { greeter: { module: './greeter.ts' } }`),
      'greeter.ts': greeter,
    });
    const hub = await greeting.run();
    await hub.line(/hello test\.a/);
    await hub.line(/hello test\.b/);
    for (const said of [
      /config +hub\.config\.ts/,
      /data +.*\/data \(durable\)/,
      /metrics +not served/,
      /source +test: a message each on test\.a and test\.b/,
      /consumers +greeter/,
    ]) {
      await hub.line(said);
    }
    hub.kill('SIGTERM');
    expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
    expect(hub.lines).toContain('hub: greeter: 0 messages remain queued');
  });

  it('ends on an idle bus at SIGINT too', async () => {
    const idle = project({ 'hub.config.json': '{ "http": false }' });
    const hub = await idle.run();
    hub.kill('SIGINT');
    expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
  });

  it('makes the sources of a JSON config, from the packages that come with the command where none are installed', async () => {
    const json = { http: false, sources: [{ module: '@penstock/zeromq', pull: [{ bind: 'tcp://127.0.0.1:*' }] }] };
    const hub = await project({ 'hub.config.json': JSON.stringify(json) }).run();
    await hub.line(/source +zeromq: /);
    hub.kill('SIGTERM');
    expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
  });

  it('runs only the consumers named with --only, while the queues of the others fill', async () => {
    const two = project({
      'hub.config.ts': config(`consumers: { greeter: { module: './greeter.ts' }, quiet: { module: './greeter.ts' } }`),
      'greeter.ts': greeter,
    });
    const hub = await two.run('--only', 'greeter');
    await hub.line(/consumers +greeter, quiet \(not run/);
    const status = await two.statusWhen((each) => consumerOf(each, 'greeter')?.settledTotal.acknowledged === 2);
    expect(consumerOf(status, 'quiet')).toMatchObject({ state: 'not-run', backlog: 2 });
    hub.kill('SIGTERM');
    await hub.ended;
    expect(hub.lines).toContain('hub: quiet: 2 messages remain queued');
  });

  it('shows a consumer that the config no longer has, with what waits in its queue', async () => {
    const shrinking = project({
      'hub.config.ts': config(`consumers: { old: { module: './greeter.ts' }, new: { module: './greeter.ts' } }`),
      'greeter.ts': greeter,
    });
    const first = await shrinking.run('--only', 'new');
    await shrinking.statusWhen((each) => consumerOf(each, 'old')?.backlog === 2);
    first.kill('SIGTERM');
    await first.ended;
    shrinking.write({ 'hub.config.ts': config(`consumers: { new: { module: './greeter.ts' } }`) });
    const second = await shrinking.run();
    await second.line(/consumers +.*old \(removed from the config/);
    expect(consumerOf(await shrinking.status(), 'old')).toMatchObject({ state: 'removed', backlog: 2 });
  });

  it('leaves nothing of itself beside the compiled files and the data', async () => {
    const tidy = project({
      'hub.config.ts': config(`consumers: { greeter: { module: './greeter.ts' } }`),
      'greeter.ts': greeter,
    });
    const hub = await tidy.run();
    hub.kill('SIGTERM');
    await hub.ended;
    expect(readdirSync(tidy.folder).toSorted()).toEqual([
      'data',
      'greeter.ts',
      'hub.config.ts',
      'node_modules',
      'package.json',
      'source.ts',
    ]);
    expect(existsSync(tidy.path('data/control.sock'))).toBe(false);
  });
});

describe('a hub that cannot start says so in one line, with an exit code of its own', () => {
  const withConsumer = (module: string) => ({
    'hub.config.ts': config(`consumers: { badges: { module: './badges.ts' } }`),
    'badges.ts': module,
  });

  const cases: [what: string, files: Record<string, string>, code: number, line: RegExp][] = [
    [
      'a consumer whose module is not there',
      { 'hub.config.ts': config(`consumers: { badges: { module: './gone.ts' } }`) },
      14,
      /hub\.config\.ts.*badges.*gone\.ts/,
    ],
    [
      'a consumer that does not compile',
      withConsumer('export default class {\n  consume( {}\n}'),
      14,
      /badges\.ts:3:1: Expected/,
    ],
    ['a consumer that throws as it is loaded', withConsumer('throw new Error("no key");'), 14, /badges.*no key/],
    ['a consumer that is no class with consume()', withConsumer('export default class {}'), 14, /badges.*consume/],
    ['a consumer without a default export', withConsumer('export class Badges {}'), 14, /badges.*default/],
    [
      'an unknown key',
      {
        'hub.config.ts': config(`consumers: { badges: { module: './b.ts', thread: 2 } }`).replace(
          'defineConfig({',
          'defineConfig(<any>{',
        ),
      },
      12,
      /^hub: hub\.config\.ts: unknown key "consumers\.badges\.thread"; did you mean "threads"\?$/,
    ],
    [
      'a bad pattern in the config',
      { 'hub.config.ts': config(`consumers: { badges: { module: './b.ts', topics: ['a.b*'] } }`) },
      13,
      /hub\.config\.ts.*badges.*a\.b\*/,
    ],
    [
      'a bad pattern in a class',
      withConsumer('export default class { static topics = ["a..b"]; consume() {} }'),
      13,
      /badges.*a\.\.b/,
    ],
    [
      'a data directory that cannot be one',
      { 'hub.config.ts': config(`dataDir: './file/data'`), file: 'not a directory' },
      15,
      /file\/data/,
    ],
  ];

  it.each(cases)('%s', async (_what, files, code, line) => {
    const hub = project(files).hub(['run']);
    expect(await hub.ended, hub.output).toEqual({ code, signal: null });
    // A slow start says that it is under way; that is no error.
    const said = hub.lines.filter((each) => /^hub: (?!starting: )/.test(each));
    expect(said, hub.output).toEqual([expect.stringMatching(line)]);
    expect(hub.output).not.toMatch(/^(?:hub: )? +at /m);
  });

  it('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const hub = project({ 'hub.config.json': JSON.stringify({ http: { port } }) }).hub(['run']);
    expect(await hub.ended, hub.output).toEqual({ code: 19, signal: null });
    expect(hub.lines.at(-1)).toMatch(new RegExp(`^hub: .*${port}`));
  });

  it('a data directory on which another hub runs, which goes on undisturbed', async () => {
    const shared = project({ 'hub.config.json': '{ "http": false }' });
    const first = await shared.run();
    const second = shared.hub(['run']);
    expect(await second.ended, second.output).toEqual({ code: 16, signal: null });
    expect(second.lines.at(-1)).toMatch(/^hub: .*data/);
    expect(await shared.status()).toMatchObject({ state: 'running', pid: first.process.pid });
  });
});

describe('a hub that must end though a consumer does not', () => {
  const blocked = (module: string, options = '') =>
    project({
      'hub.config.ts': config(`${options} consumers: { stuck: { module: './stuck.ts' } }`),
      'stuck.ts': module,
    });

  it('keeps what was in flight once drainTimeoutMs is over, and ends with 0', async () => {
    const hub = await blocked(busyForever, 'drainTimeoutMs: 100,').run();
    await hub.line(/begins/);
    hub.kill('SIGTERM');
    expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
    expect(hub.lines).toContain('hub: stuck: 2 messages remain queued');
  });

  it('ends at once at a second signal', async () => {
    const hub = await blocked(busyForever, 'drainTimeoutMs: 86_400_000,').run();
    await hub.line(/begins/);
    hub.kill('SIGTERM');
    await hub.line(/SIGTERM: stopping/);
    hub.kill('SIGINT');
    expect(await hub.ended).toEqual({ code: null, signal: 'SIGKILL' });
    await hub.line(/SIGINT again: ends at once/);
  });

  it('ends also when a thread is inside a system call that nothing interrupts', async () => {
    const stuck = blocked(
      `import { readFileSync } from 'node:fs';
       ${consumer(`console.log('begins'); readFileSync(${JSON.stringify('pipe')});`)}`,
      'drainTimeoutMs: 100,',
    );
    execFileSync('mkfifo', [stuck.path('pipe')]);
    const hub = await stuck.run();
    await hub.line(/begins/);
    hub.kill('SIGTERM');
    expect([0, null]).toContain((await hub.ended).code);
    expect(hub.lines).toContain('hub: stuck: 2 messages remain queued');
  });
});

describe('a hub that fails while it runs', () => {
  it('stops and ends with the code of JOURNAL_FAILED when the journal cannot be written', async () => {
    const full = project({
      'source.ts': FLOOD_SOURCE,
      'hub.config.ts': config(`consumers: { greeter: { module: './greeter.ts' } }`),
      'greeter.ts': greeter,
    });
    // A limit on the size of files is a disk that is full for the journal alone; in KiB, and Node ignores SIGXFSZ.
    const limited = ['-c', 'ulimit -f 1024; exec "$@"', 'bash', process.execPath, HUB, 'run', '--no-supervise'];
    const hub = Child.spawn('bash', limited, { cwd: full.folder });
    expect(await hub.ended, hub.output).toEqual({ code: 21, signal: null });
    expect(hub.lines.filter((line) => /^hub: .*journal/i.test(line)).length, hub.output).toBeGreaterThan(0);
  });

  it('stops and ends with 1 and a stack when its own process throws', async () => {
    const throwing = project({
      'hub.config.ts': `${config('')}\nsetTimeout(() => { throw new Error('from a timer of the config'); }, 2_000);`,
    });
    const hub = throwing.hub(['run']);
    expect(await hub.ended, hub.output).toEqual({ code: 1, signal: null });
    expect(hub.lines).toContain('hub: Error: from a timer of the config');
    expect(hub.output).toMatch(/^hub: {5}at .*hub\.config\.ts:5:/m);
  });
});

describe('hub status', () => {
  it('shows a table of a running hub, and says so when there is none', async () => {
    const greeting = project({
      'hub.config.ts': config(`consumers: { greeter: { module: './greeter.ts' } }`),
      'greeter.ts': greeter,
    });
    const before = greeting.hub(['status']);
    expect(await before.ended).toEqual({ code: 23, signal: null });
    expect(before.lines).toEqual([expect.stringMatching(/^hub: no hub answers .*data/)]);

    const hub = await greeting.run();
    await greeting.statusWhen((status) => consumerOf(status, 'greeter')?.settledTotal.acknowledged === 2);
    const table = greeting.hub(['status', '--data-dir', 'data']);
    await table.line(new RegExp(`^hub {2}0\\.1\\.0 {2}running {2}pid ${hub.process.pid} {2}up `));
    await table.line(/^source +test: 2 received, 0 rejected; a message each on test\.a and test\.b$/);
    await table.line(/^CONSUMER +BACKLOG +IN FLIGHT +OLDEST +IN\/S +OUT\/S +CATCH-UP +THREADS +STATE$/);
    await table.line(/^greeter +0 +0 +- +\S+ +\S+ +- +1 +running$/);
    expect(await table.ended).toEqual({ code: 0, signal: null });
  });
});
