// How `hub run` ends below its supervisor: as the hub has ended, for every reason, with nothing left behind, and with the
// directory free for the next one, also when the supervisor itself is killed.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { readDeliveries } from './support/deliveries.js';
import { HUB, HubProject } from './support/hub-project.js';
import { allGone, SupervisedHub } from './support/supervised-hub.js';
import { fixture } from './support/test-hub.js';
import { until } from './support/until.js';

const record = { module: fixture('record'), options: { log: './log' } };
const projectWith = (options: object): HubProject =>
  new HubProject({ 'hub.config.json': JSON.stringify({ http: false, ...options }) });

/** Where programs of the machine are found, this one left out. */
function pathWithout(project: HubProject, left: string): string {
  const bin = project.path('bin');
  mkdirSync(bin);
  for (const name of ['flock', 'setpriv', 'sh'].filter((each) => each !== left)) {
    const found = (process.env.PATH ?? '')
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find(existsSync);
    if (found !== undefined) symlinkSync(found, join(bin, name));
  }
  return bin;
}

describe('a stop that was asked for', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s is passed on, and ends both with 0', async (signal) => {
    const hub = projectWith({ consumers: { a: record } }).supervised();
    const pid = await hub.ready();
    hub.child.kill(signal);
    expect(await hub.child.ended, hub.child.output).toEqual({ code: 0, signal: null });
    await allGone(pid);
    expect(hub.count(new RegExp(`^hub: ${signal}: stopping; `))).toBe(1);
    expect(hub.count(/^hub: a: 0 messages remain queued$/)).toBe(1);
    expect(hub.count(/supervisor:/)).toBe(0);
  });

  it('of the hub alone ends both with 0', async () => {
    const hub = projectWith({}).supervised();
    process.kill(await hub.ready(), 'SIGTERM');
    expect(await hub.child.ended, hub.child.output).toEqual({ code: 0, signal: null });
  });

  it.skipIf(spawnSync('setsid', ['--version']).error !== undefined)(
    'by Ctrl-C, which the terminal sends to both and npm once more, is counted once',
    async () => {
      const consumers = { a: { module: './wait.mjs' } };
      const project = new HubProject({
        'hub.config.json': JSON.stringify({ http: false, drainTimeoutMs: 3_600_000, consumers }),
        'wait.mjs': `
          import { existsSync } from 'node:fs';
          import { setTimeout as delay } from 'node:timers/promises';
          export default class { static topics = ['test.>']; async consume() { console.log('begins'); while (!existsSync('go')) await delay(10); } }`,
      });
      const child = Child.spawn('setsid', [process.execPath, HUB, 'run'], { cwd: project.folder });
      const hub = new SupervisedHub(child);
      const pid = await hub.ready();
      await project.hub(['publish', 'test.a', 'one']).ended;
      await child.line(/begins/);
      const group = -(child.process.pid as number);
      for (const target of [group, -group]) process.kill(target, 'SIGINT');
      await child.line(/^hub: SIGINT: stopping; /);
      project.write({ go: '' });
      expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
      expect(hub.count(/stopping|at once/)).toBe(1);
      expect(hub.count(/^hub: a: 0 messages remain queued$/)).toBe(1);
      await allGone(pid);
    },
  );

  it('a second time ends both at once', async () => {
    const project = projectWith({ drainTimeoutMs: 3_600_000, consumers: { a: { module: './never.mjs' } } });
    project.write({
      'never.mjs': `export default class { static topics = ['test.>']; consume() { console.log('begins'); return new Promise(() => {}); } }`,
    });
    const hub = project.supervised();
    const pid = await hub.ready();
    await project.hub(['publish', 'test.a', 'one']).ended;
    await hub.child.line(/begins/);
    hub.child.kill('SIGTERM');
    await hub.child.line(/^hub: SIGTERM: stopping/);
    hub.child.kill('SIGINT');
    expect(await hub.child.ended).toEqual({ code: null, signal: 'SIGKILL' });
    await hub.child.line(/^hub: SIGINT again: ends at once/);
    await allGone(pid);
  });

  it('and to which the hub does not come ends by force', async () => {
    const hub = projectWith({ drainTimeoutMs: 0 }).supervised(['--stuck-after', '3600']);
    const pid = await hub.ready();
    process.kill(pid, 'SIGSTOP');
    hub.child.kill('SIGTERM');
    expect(await hub.child.ended).toEqual({ code: null, signal: 'SIGKILL' });
    await hub.child.line(
      new RegExp(`^hub: supervisor: process ${pid} has not stopped within 10000 ms; ends it by force$`),
    );
    await allGone(pid);
  });

  it('while a restart is waited for ends at once', async () => {
    const project = projectWith({});
    const hub = project.supervised();
    const pid = await hub.ready();
    project.write({ 'hub.config.json': '{ "https": false }' });
    process.kill(pid, 'SIGKILL');
    // By the time that it is read here, some of the wait may be over.
    await hub.child.line(/ again in 4 s \(restart 5\)$/);
    hub.child.kill('SIGTERM');
    expect(await hub.child.ended, hub.child.output).toEqual({ code: null, signal: 'SIGTERM' });
  });
});

describe("the exit code is the hub's", () => {
  it('of one that cannot start the first time, which is not tried again', async () => {
    for (const [options, code] of [
      [{ https: false }, 12],
      [{ consumers: { a: { module: './gone.mjs' } } }, 14],
    ] as const) {
      const { child } = projectWith(options).supervised();
      expect(await child.ended, child.output).toEqual({ code, signal: null });
      expect(
        child.lines.filter((line) => !line.startsWith('hub: starting: ')),
        child.output,
      ).toHaveLength(1);
    }
    const { child } = projectWith({}).supervised(['--stuck-after', '0']);
    expect(await child.ended).toEqual({ code: 2, signal: null });
    expect(child.output).toMatch(/Give a number of seconds from 1 to 86400/);
  });

  it('of a consumer that halts with one, which is not tried again', async () => {
    const project = projectWith({
      consumers: { a: { module: fixture('halt'), options: { key: './key', log: './log', exitCode: 7 } } },
    });
    const hub = project.supervised();
    const pid = await hub.ready();
    await project.hub(['publish', 'test.a', 'one']).ended;
    expect(await hub.child.ended, hub.child.output).toEqual({ code: 7, signal: null });
    await allGone(pid);
  });
});

describe('a supervisor that is killed', () => {
  it('takes the hub with it, and the next one starts at once with all that was accepted', async () => {
    const project = projectWith({ consumers: { a: record } });
    const first = project.supervised();
    const pid = await first.ready();
    await project.hub(['publish', 'test.a', 'one']).ended;
    first.child.kill('SIGKILL');
    const second = project.supervised();
    await second.ready();
    await until('it has come', () => readDeliveries(project.path('log')).length > 0);
    await second.stop();
    await allGone(pid);
  });

  it('takes the hub with it also where nothing but their channel tells it', async () => {
    const project = projectWith({});
    const hub = project.supervised([], { env: { PATH: pathWithout(project, 'setpriv') } });
    const pid = await hub.ready();
    hub.child.kill('SIGKILL');
    await allGone(pid);
  });

  it('and whose hub stands still: that one is ended by the next hub', async () => {
    const project = projectWith({});
    const env = { PATH: pathWithout(project, 'setpriv') };
    const first = project.supervised([], { env });
    const pid = await first.ready();
    process.kill(pid, 'SIGSTOP');
    first.child.kill('SIGKILL');
    await allGone(first.child.process.pid as number);
    const second = project.supervised([], { env });
    await second.ready();
    await allGone(pid);
    await second.stop();
  });
});

describe('a thread pool that consumers have used up', () => {
  it('is told of with what to do, and is a reason to start the hub again', async () => {
    const project = projectWith({ drainTimeoutMs: 0, consumers: { a: { module: './stuck.mjs' } } });
    project.write({
      'stuck.mjs': `
        import { readFile } from 'node:fs/promises';
        export default class { static topics = ['test.>']; async consume() { await Promise.all([readFile('pipe'), readFile('pipe')]); } }`,
    });
    execFileSync('mkfifo', [project.path('pipe')]);
    const hub = project.supervised(['--stuck-after', '8'], { env: { UV_THREADPOOL_SIZE: '2' } });
    const pid = await hub.ready();
    await project.hub(['publish', 'test.a', 'one']).ended;
    await hub.child.line(/^hub: supervisor: all threads of the hub's pool \(libuv\) .* 5 s.* isolation: 'process'/);
    await hub.child.line(
      new RegExp(`^hub: supervisor: process ${pid} was stuck: its thread pool has come to nothing for 8 s; ends`),
    );
    await hub.child.line(/ starts the hub again /);
    await allGone(pid);
  });
});
