// Follows the pages that a newcomer follows, word for word but for the ports: their files, their commands, and at
// the end a consumer of one's own with its gauge on /metrics.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Child } from './support/child.js';
import { freePort } from './support/free-port.js';
import { HubProject } from './support/hub-project.js';
import { Scrape } from './support/scrape.js';
import { ROOT, read } from './support/source-files.js';

const CONSUMER = { consumer: 'badges' };

/** The code blocks of a page whose first line names their file: text by name. */
function filesOn(page: string): Record<string, string> {
  const blocks = [...read(page).matchAll(/^```[jt]s\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)];
  return Object.fromEntries(blocks.map(([, name = '', code = '']) => [name, code]));
}

it.each(['README.md', 'docs/getting-started.md'])('whoever follows %s has a consumer with its gauge', async (page) => {
  const files = filesOn(page);
  expect(Object.keys(files).toSorted()).toEqual(['consumers/badges.ts', 'hub.config.ts', 'publish.mjs']);
  const [busPort, httpPort] = [await freePort(), await freePort()];
  const onFreePorts = Object.entries(files).map(([name, code]) => [
    name,
    code.replaceAll('9940', String(busPort)).replaceAll('9464', String(httpPort)),
  ]);
  // As `npm init --yes` and `npm install` leave it.
  const project = new HubProject({ 'package.json': '{ "type": "commonjs" }', ...Object.fromEntries(onFreePorts) });
  symlinkSync(join(ROOT, 'node_modules/zeromq'), project.path('node_modules/zeromq'));

  const hub = await project.run();
  const publisher = Child.node('publish.mjs', [], { cwd: project.folder });
  expect(await publisher.ended).toEqual({ code: 0, signal: null });
  const settled = { ...CONSUMER, outcome: 'acknowledged' };
  const scrape = await Scrape.until(
    `http://127.0.0.1:${httpPort}/metrics`,
    (now) => now.find('penstock_consumer_settled_total', settled) === 100,
  );
  expect(scrape.value('penstock_consumer_backlog', CONSUMER)).toBe(0);
  await hub.line(/badges.*ada earned number 100/);

  await project.hub(['status']).line(/^badges +0 /);
  hub.kill('SIGINT');
  expect(await hub.ended).toEqual({ code: 0, signal: null });
});
