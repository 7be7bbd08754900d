// Whoever starts a hub or checks its config sees within a second or so that something is under way.
import { writeFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { HubProject } from './support/hub-project.js';

let project: HubProject;

/** A consumer whose module is not loaded before there is a file `go`. */
beforeEach(() => {
  project = new HubProject({
    'hub.config.json': '{ "http": false, "consumers": { "slow": { "module": "./slow.mjs" } } }',
    'slow.mjs': `
      import { existsSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      while (!existsSync('go')) await delay(10);
      export default class Slow { static topics = ['>']; consume() {} }`,
  });
});

it('hub run says that it is starting, and then that it is ready', async () => {
  const running = project.hub(['run']);
  await running.line(/^hub: starting: /);
  expect(running.output).not.toContain('ready');
  writeFileSync(project.path('go'), '');
  await running.line(/^hub: ready$/);
  running.kill('SIGTERM');
  expect(await running.ended).toEqual({ code: 0, signal: null });
});

it('hub check says what it is doing', async () => {
  const checking = project.hub(['check']);
  await checking.line(/^hub: loading the config and its consumers, /);
  writeFileSync(project.path('go'), '');
  await checking.line(/^slow +\.\/slow\.mjs +Slow +> +1 +1 +new$/);
  expect(await checking.ended).toEqual({ code: 0, signal: null });
});
