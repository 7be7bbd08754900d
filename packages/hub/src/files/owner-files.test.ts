// The lock where there is no flock(1): files alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownRecord } from './lock-record.js';
import { readOwnerFile, takeOwnerFile } from './owner-files.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'penstock-owner-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const take = () => takeOwnerFile(directory, ownRecord(undefined));

/** The record of a process that is gone. */
function deadRecord(): string {
  const { pid } = spawnSync('true');
  return `${pid} 1\n`;
}

it('one at a time has it, and it can be given back and taken any number of times', () => {
  for (let round = 0; round < 3; round++) {
    const release = take();
    expect(release).toBeTypeOf('function');
    expect(readOwnerFile(directory)).toMatch(new RegExp(`^${process.pid} `));
    expect(take()).toBeUndefined();
    release?.();
    expect(readOwnerFile(directory)).toBeUndefined();
  }
  expect(readdirSync(directory)).toEqual(['lock.owner.3']);
});

it('a holder that is gone is replaced under the next number', () => {
  writeFileSync(join(directory, 'lock.owner.41'), deadRecord());
  expect(take()).toBeTypeOf('function');
  expect(readdirSync(directory)).toEqual(['lock.owner.42']);
});

it('what holds no process id is nobody', () => {
  writeFileSync(join(directory, 'lock.owner.1'), '\0\0\0\0 not a record');
  expect(take()).toBeTypeOf('function');
});

it('nothing but the file of the holder is left, also of one who did not get it', () => {
  take();
  take();
  expect(readdirSync(directory)).toEqual(['lock.owner.1']);
});
