// `hub torture` as people run it: what it prints, its exit codes, and that Ctrl-C and bad input leave nothing behind.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Child } from './support/child.js';
import { HUB } from './support/hub-project.js';
import { tempDir } from './support/temp-dir.js';

const torture = (...args: string[]): Child => Child.node(HUB, ['torture', ...args]);

const jsonOf = (child: Child) => JSON.parse(child.lines.find((line) => line.startsWith('{')) ?? '{}');

it('runs faults against a hub of its own, says what came of it, and leaves nothing behind', {
  timeout: 300_000,
}, async () => {
  const dir = tempDir();
  const child = torture('--only', 'kill, two-hubs', '--minutes', '0.1', '--seed', '7', '--json', '--dir', dir);
  expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
  const { seed, faults } = jsonOf(child);
  expect(seed).toBe(7);
  expect(faults).toMatchObject([
    { fault: 'kill', state: 'done', lost: 0, problems: [], kept: [] },
    { fault: 'two-hubs', state: 'done', lost: 0, problems: [], kept: [] },
  ]);
  for (const { cycles, accepted } of faults) {
    expect(cycles).toBeGreaterThan(0);
    expect(accepted).toBeGreaterThan(0);
  }
  expect(child.output).toMatch(/^hub: kill: \d+ cycles?, [\d,]+ accepted, 0 lost, [\d,]+ duplicated: ok$/m);
  expect(readdirSync(dir)).toEqual([]);
});

it('ends at Ctrl-C after the cycle that is under way, and tells of what was done', { timeout: 300_000 }, async () => {
  const dir = tempDir();
  const child = torture('--only', 'kill', '--minutes', '60', '--dir', dir);
  await child.line(/^hub: seed \d+, scratch directory /);
  child.kill('SIGINT');
  await child.line(/^hub: ends after the cycle that is under way/);
  expect(await child.ended, child.output).toEqual({ code: 130, signal: null });
  expect(child.output).toMatch(/^fault +cycles +accepted/m);
  expect(child.output).toMatch(/^kill .* ok$/m);
  expect(readdirSync(dir)).toEqual([]);
});

it.each([
  { args: ['--only', 'kill,flood'], says: /there is no fault "flood"; there is kill, sigterm, / },
  { args: ['--minutes', '0'], says: /Give a number of minutes from 0.1 to / },
  { args: ['--seed', 'x'], says: /Give a whole number of any size from 0 to / },
  { args: ['--dir', ''], says: /The path is empty/ },
])('refuses $args', async ({ args, says }) => {
  const child = torture(...args);
  expect(await child.ended, child.output).toEqual({ code: 2, signal: null });
  expect(child.output).toMatch(says);
});

it('refuses a directory that cannot be made, or whose path is too long for the sockets in it', async () => {
  const dir = tempDir();
  writeFileSync(join(dir, 'file'), '');
  for (const [place, says] of [
    [join(dir, 'file', 'below'), 'no scratch directory can be made'],
    [join(dir, 'd'.repeat(100)), 'too long a path'],
  ] as const) {
    const child = torture('--dir', place);
    expect(await child.ended, child.output).toEqual({ code: 2, signal: null });
    expect(child.output).toContain(says);
  }
});
