// Who has a data directory, told without getting in anybody's way.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectoryLock, lockOwner } from './directory-lock.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'penstock-lock-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('the owner of a lock', () => {
  it('is nobody before anybody has taken it, and asking makes no file', () => {
    expect(lockOwner(directory)).toBeUndefined();
    expect(existsSync(join(directory, 'lock'))).toBe(false);
  });

  it('is the process that has it, also for one that asks from the same process', () => {
    const lock = DirectoryLock.acquire(directory);
    expect(lockOwner(directory)).toMatchObject({ pid: process.pid, isAlive: true });
    expect(() => DirectoryLock.acquire(directory)).toThrow(expect.objectContaining({ code: 'DATA_DIR_LOCKED' }));
    lock.release();
    DirectoryLock.acquire(directory).release();
  });

  it.runIf(existsSync('/proc/self/stat'))('is not alive when another process has its id by now', () => {
    writeFileSync(join(directory, 'lock'), `${process.pid} 1\n`);
    expect(lockOwner(directory)).toMatchObject({ pid: process.pid, isAlive: false });
  });

  it.runIf(existsSync('/proc/self/stat'))(
    'is not alive when it has ended and nobody has taken note of that',
    async () => {
      // A shell might take note of its child's end; the sleep that it becomes does not.
      const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
      const pid = await new Promise<string>((resolve) =>
        createInterface({ input: parent.stdout }).once('line', resolve),
      );
      await vi.waitUntil(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n', { timeout: 30_000 });
      process.kill(Number(pid));
      const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      await vi.waitUntil(() => stat()[0] === 'Z', { timeout: 30_000 });
      writeFileSync(join(directory, 'lock'), `${pid} ${stat()[19]}\n`);
      expect(lockOwner(directory)).toMatchObject({ pid: Number(pid), isAlive: false });
      parent.kill();
    },
  );
});
