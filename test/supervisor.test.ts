// The supervisor of `hub run` starts the hub again when that is killed, crashes, fails or is stuck, and loses nothing by
// it. On the real command, with a hub that really ends.
import { rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readTexts } from './support/deliveries.js';
import { HubProject } from './support/hub-project.js';
import { allGone, isRunning } from './support/supervised-hub.js';
import { tempDir } from './support/temp-dir.js';
import { fixture, numbers } from './support/test-hub.js';
import { until } from './support/until.js';

const record = { module: fixture('record'), options: { log: './log' } };
const config = JSON.stringify({ http: false, consumers: { a: record } });

class Project extends HubProject {
  /** Messages are numbered by the test. */
  async publish(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const published = this.hub(['publish', 'test.a', text]);
      expect(await published.ended, published.output).toMatchObject({ code: 0 });
    }
  }

  /** All have come, each at least once and the first times in order. */
  async allHaveCome(count: number): Promise<void> {
    const seen = () => [...new Set(readTexts(this.path('log')))];
    await until(`${count} have come`, () => seen().length === count);
    expect(seen()).toEqual(numbers(0, count));
  }
}

it('a hub that is killed is there again, with all that was accepted, and says how often that was', async () => {
  const project = new Project({ 'hub.config.json': config });
  const hub = project.supervised();
  const pids = [await hub.ready()];
  for (const round of [1, 2]) {
    await project.publish(String(round - 1));
    process.kill(pids.at(-1) as number, 'SIGKILL');
    pids.push(await hub.ready(round));
    await hub.child.line(
      new RegExp(`^hub: supervisor: process ${pids.at(-2)} was ended by SIGKILL; starts .* \\(restart ${round}\\)$`),
    );
  }
  await project.publish('2');
  await project.allHaveCome(3);
  expect(await project.status()).toMatchObject({ state: 'running', pid: pids.at(-1), restartsTotal: 2 });
  expect(new Set(pids).size).toBe(3);
  await hub.stop();
  await allGone(...pids);
});

it('a hub that stands still is killed once it has not reacted for so long, and started again', async () => {
  const project = new Project({ 'hub.config.json': config });
  const hub = project.supervised(['--stuck-after', '8']);
  const stuck = await hub.ready();
  await project.publish('0');
  process.kill(stuck, 'SIGSTOP');
  await hub.ready(1);
  await hub.child.line(
    /^hub: supervisor: process \d+ was stuck: its main loop has not turned for 8 s; ends it by force$/,
  );
  expect(isRunning(stuck)).toBe(false);
  await project.publish('1');
  await project.allHaveCome(2);
  await hub.stop();
});

it('a hub whose own process throws says where, stops in order, and is started again', async () => {
  const project = new Project({
    'hub.config.mjs': `
      import { existsSync, rmSync } from 'node:fs';
      setInterval(() => {
        if (!existsSync('throw')) return;
        rmSync('throw');
        throw new Error('from a timer of the config');
      }, 10).unref();
      export default ${config};`,
  });
  const hub = project.supervised();
  const first = await hub.ready();
  await project.publish('0');
  project.write({ throw: '' });
  await hub.ready(1);
  await hub.child.line(/^hub: {5}at .*hub\.config\.mjs:/);
  await hub.child.line(/^hub: a: \d messages? remains? queued$/);
  await hub.child.line(
    /^hub: supervisor: process \d+ failed: Error: from a timer of the config; starts the hub again at/,
  );
  await project.publish('1');
  await project.allHaveCome(2);
  expect(isRunning(first)).toBe(false);
  await hub.stop();
});

it('a hub whose journal cannot be synced stops, and is started again from what is on disk until it can', async () => {
  const folder = tempDir();
  const [failing, preload] = [`${folder}/failing`, `${folder}/preload.mjs`];
  writeFileSync(
    preload,
    `import fs from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     const { fdatasyncSync } = fs;
     fs.fdatasyncSync = (descriptor) => {
       if (!fs.existsSync(${JSON.stringify(failing)})) return fdatasyncSync(descriptor);
       throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', errno: -5, syscall: 'fdatasync' });
     };
     syncBuiltinESMExports();`,
  );
  const project = new Project({ 'hub.config.json': config });
  const hub = project.supervised([], { env: { NODE_OPTIONS: `--import=${preload}` } });
  await hub.ready();
  await project.publish('0');
  writeFileSync(failing, '');
  const refused = project.hub(['publish', 'test.a', 'not accepted']);
  expect(await refused.ended).not.toMatchObject({ code: 0 });
  await hub.child.line(/^hub: supervisor: process \d+ failed: .*EIO.*; starts the hub again at once \(restart 1\)$/);
  rmSync(failing);
  // One that starts answers as well, but takes nothing yet.
  const state = () =>
    project.status().then(
      ({ state }) => state,
      () => undefined,
    );
  await until('the hub runs again', async () => (await state()) === 'running');
  await project.publish('1');
  const seen = () => readTexts(project.path('log')).filter((text) => text !== 'not accepted');
  await until('both have come', () => new Set(seen()).size === 2);
  expect([...new Set(seen())]).toEqual(['0', '1']);
  await hub.stop();
});

it('a restart that fails is tried again, each time after a longer wait, until it succeeds', async () => {
  const project = new Project({ 'hub.config.json': config });
  const hub = project.supervised();
  const first = await hub.ready();
  await project.publish('0');
  project.write({ 'hub.config.json': '{ "https": false }' });
  process.kill(first, 'SIGKILL');
  await hub.child.line(/ starts the hub again at once \(restart 1\)$/);
  await hub.child.line(/^hub: hub\.config\.json: unknown key "https"/);
  await hub.child.line(/ ended with exit code 12, and was not asked to; starts the hub again in 0\.5 s \(restart 2\)$/);
  await hub.child.line(/ ended with exit code 12, and was not asked to; starts the hub again in 1 s \(restart 3\)$/);
  project.write({ 'hub.config.json': config });
  await until('the hub is ready again', () => hub.count(/^hub: ready$/) === 2);
  await project.publish('1');
  await project.allHaveCome(2);
  await hub.stop();
});
