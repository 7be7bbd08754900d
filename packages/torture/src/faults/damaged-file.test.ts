import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Random } from '../random.js';
import { damageOneFile } from './damaged-file.js';

const DAMAGEABLE = [
  'hub.json',
  'journal/01.seg',
  'queues/1-a/01.idx',
  'queues/1-a/settled/t0-1.log',
  'queues/1-a/empty',
];
const LEFT_ALONE = ['lock', 'reserve', 'journal/spare-0', 'quarantine/x.seg', 'queues/1-a/dead/t0-1.log'];

function dataDirectory(): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const path of [...DAMAGEABLE, ...LEFT_ALONE]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path.endsWith('empty') ? '' : 'x'.repeat(500));
  }
  return folder;
}

const changedIn = (folder: string): string[] =>
  [...DAMAGEABLE, ...LEFT_ALONE].filter(
    (path) => !path.endsWith('empty') && readFileSync(join(folder, path), 'utf8') !== 'x'.repeat(500),
  );

it('one file is damaged at a time, of any kind that a hub reads messages or their endings by', () => {
  const damaged = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const folder = dataDirectory();
    const done = damageOneFile(folder, new Random(seed));
    const changed = changedIn(folder);
    expect(changed.length).toBeLessThanOrEqual(1);
    for (const path of changed) {
      expect(done).toContain(path);
      damaged.add(path);
    }
  }
  expect([...damaged].toSorted()).toEqual(DAMAGEABLE.filter((path) => !path.endsWith('empty')).toSorted());
});

it('the same seed does the same, and only what is asked for is damaged', () => {
  const done = [dataDirectory(), dataDirectory()].map((folder) => damageOneFile(folder, new Random(7)));
  expect(done[0]).toBe(done[1]);
  for (let seed = 0; seed < 10; seed++) {
    expect(damageOneFile(dataDirectory(), new Random(seed), '.seg')).toContain('journal/01.seg');
  }
});
