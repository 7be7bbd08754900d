// A directory that is removed, or replaced, below a hub that has its files open is noticed, once; one that stays is not.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DirectoryWatch } from './directory-watch.js';

let scratch: string;
let path: string;
let told: string[];
let watch: DirectoryWatch;

beforeEach(() => {
  vi.useFakeTimers();
  scratch = mkdtempSync(join(tmpdir(), 'penstock-watch-'));
  path = join(scratch, 'data');
  mkdirSync(path);
  told = [];
  watch = new DirectoryWatch(path, (problem) => told.push(problem));
});

afterEach(() => {
  watch.stop();
  vi.useRealTimers();
  rmSync(scratch, { recursive: true });
});

it('that stays is not told of, whatever is in it', () => {
  writeFileSync(join(path, 'file'), '');
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual([]);
});

it('that is removed is told of once', () => {
  rmSync(path, { recursive: true });
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual([`${path} is gone`]);
  expect(vi.getTimerCount()).toBe(0);
});

it('that another one has taken the place of is told of', () => {
  renameSync(path, join(scratch, 'aside'));
  mkdirSync(path);
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual([`${path} is another directory than before`]);
});
