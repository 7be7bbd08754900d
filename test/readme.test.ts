// Follows the pages that a newcomer follows, word for word but for the ports: their files, their commands, and at
// the end a consumer of one's own with its gauge on /metrics.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { Child } from './support/child.js';
import { freePort } from './support/free-port.js';
import { Scrape } from './support/scrape.js';
import { ROOT, read } from './support/source-files.js';
import { tempDir } from './support/temp-dir.js';

const HUB = join(ROOT, 'packages/cli/bin/hub.mjs');
const CONSUMER = { consumer: 'badges' };

/** The code blocks of a page whose first line names their file. */
function filesOn(page: string): Map<string, string> {
  const blocks = [...read(page).matchAll(/^```[jt]s\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)];
  return new Map(blocks.map(([, name = '', code = '']) => [name, code]));
}

it.each(['README.md', 'docs/getting-started.md'])('whoever follows %s has a consumer with its gauge', async (page) => {
  const folder = tempDir();
  const [busPort, httpPort] = [await freePort(), await freePort()];
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const files = filesOn(page);
  expect([...files.keys()].toSorted()).toEqual(['consumers/badges.ts', 'hub.config.ts', 'publish.mjs']);
  for (const [name, code] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), code.replaceAll('9940', String(busPort)).replaceAll('9464', String(httpPort)));
  }

  const hub = Child.node(HUB, ['run'], { cwd: folder });
  await hub.line(/\bready\b/);
  const publisher = Child.node(join(folder, 'publish.mjs'), [], { cwd: folder });
  expect(await publisher.ended).toEqual({ code: 0, signal: null });
  const settled = { ...CONSUMER, outcome: 'acknowledged' };
  const scrape = await Scrape.until(
    `http://127.0.0.1:${httpPort}/metrics`,
    (page) => page.find('penstock_consumer_settled_total', settled) === 100,
  );
  expect(scrape.value('penstock_consumer_backlog', CONSUMER)).toBe(0);
  await hub.line(/badges.*ada earned number 100/);

  const status = Child.node(HUB, ['status'], { cwd: folder });
  await status.line(/^badges +0 /);
  hub.kill('SIGINT');
  expect(await hub.ended).toEqual({ code: 0, signal: null });
});
