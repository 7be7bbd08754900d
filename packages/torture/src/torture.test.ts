import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Fault } from './harness/fault.js';
import { type Standing, torture } from './torture.js';

const fault = (given: Partial<Fault>): Fault => ({
  name: 'nothing',
  what: 'nothing at all',
  settings: { consumers: {} },
  missing: () => undefined,
  cycle: async () => {},
  ...given,
});

async function run(faults: readonly Fault[], code: string) {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const seen: (readonly Standing[])[] = [];
  const standings = await torture({
    faults,
    minutes: 0,
    seed: 7,
    command: { file: process.execPath, args: ['-e', code, '--'] },
    folder,
    signal: new AbortController().signal,
    onProgress: (now) => seen.push(now),
  });
  return { standings, seen, folder };
}

it('a fault that this machine lacks something for is skipped, and says so', async () => {
  const { standings } = await run([fault({ missing: () => 'no such tool' })], '');
  expect(standings).toMatchObject([{ state: 'skipped', missing: 'no such tool', cycles: 0, problems: [] }]);
});

it('a hub that cannot be started is a problem of its round, whose directory is kept', async () => {
  const { standings, seen, folder } = await run([fault({})], 'process.exit(7)');
  expect(standings).toMatchObject([{ fault: 'nothing', state: 'done', cycles: 1 }]);
  expect(standings[0]?.problems[0]).toContain('ended by itself (exit code 7)');
  expect(standings[0]?.kept).toEqual([join(folder, '1-nothing')]);
  expect(existsSync(join(folder, '1-nothing'))).toBe(true);
  expect(seen.some(([standing]) => standing?.state === 'running')).toBe(true);
});

it('what a fault throws is a problem of its round, and those after it have their turn', async () => {
  const thrower = fault({ name: 'thrower', cycle: () => Promise.reject(new Error('out of order')) });
  const { standings } = await run([thrower, fault({})], 'process.exit(7)');
  expect(standings[0]?.problems).toEqual(['out of order']);
  expect(standings[1]?.cycles).toBe(1);
});
