// One holder of a data directory at a time, who is told without getting in anybody's way; who is waited for, and who is
// ended.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectoryLock, lockOwner } from './directory-lock.js';
import { identify } from './process-identity.js';

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

const hasFlock = spawnSync('flock', ['--version']).error === undefined;
const kinds = [
  { kind: 'with flock(1)', path: process.env.PATH },
  { kind: 'without flock(1)', path: '/nonexistent' },
].filter(({ path }) => hasFlock || path !== process.env.PATH);

describe.each(kinds)('a lock taken $kind', ({ path }) => {
  const children: ChildProcess[] = [];
  beforeEach(() => {
    vi.stubEnv('PATH', path);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  it('is free again once it is released, and nobody has it then', () => {
    for (let round = 0; round < 2; round++) {
      DirectoryLock.acquire(directory).release();
      expect(lockOwner(directory)).toBeUndefined();
    }
  });

  it('is refused while it is held, by whichever kind of lock', () => {
    const lock = DirectoryLock.acquire(directory);
    for (const each of kinds) {
      vi.stubEnv('PATH', each.path);
      expect(() => DirectoryLock.acquire(directory), each.kind).toThrow(
        expect.objectContaining({
          code: 'DATA_DIR_LOCKED',
          message: expect.stringContaining(`process ${process.pid}`),
        }),
      );
    }
    lock.release();
  });

  it.runIf(existsSync('/proc/self/stat'))(
    'is taken over from a hub whose supervisor is gone, which is killed',
    async () => {
      const orphan = await holder(children);
      const { pid } = spawnSync(process.execPath, ['--version']);
      holdFor(orphan, `${pid} 1`);
      const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)));
      const lock = DirectoryLock.acquire(directory, { waitMs: 60_000 });
      expect(await ended).toBe('SIGKILL');
      expect(lockOwner(directory)?.pid).toBe(process.pid);
      lock.release();
    },
  );

  it.runIf(existsSync('/proc/self/stat'))('is left to a hub whose supervisor lives', async () => {
    const hub = await holder(children);
    const { pid, startTime } = identify(process.pid);
    holdFor(hub, `${pid} ${startTime}`);
    expect(() => DirectoryLock.acquire(directory)).toThrow(expect.objectContaining({ code: 'DATA_DIR_LOCKED' }));
    await delay(50);
    expect(hub.exitCode ?? hub.signalCode).toBeNull();
  });

  /** A process that holds the kernel's lock where there is one, as a hub of this PATH would. */
  async function holder(started: ChildProcess[]): Promise<ChildProcess> {
    const script = "console.log('held'); setInterval(() => {}, 1_000_000);";
    const lock = path === process.env.PATH && hasFlock ? DirectoryLock.acquire(directory) : undefined;
    const child = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'inherit', ...(lock?.descriptor === undefined ? [] : [lock.descriptor])],
    });
    started.push(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    lock?.release();
    return child;
  }

  function holdFor({ pid = 0 }: ChildProcess, supervisor: string): void {
    const record = `${pid} ${identify(pid).startTime} ${supervisor}\n`;
    writeFileSync(join(directory, hasFlock && path !== '/nonexistent' ? 'lock' : 'lock.owner.1'), record);
  }
});

describe.runIf(hasFlock)('the open file of a lock', () => {
  it('keeps others out as long as a child process has it, which is waited for no longer than asked', async () => {
    const lock = DirectoryLock.acquire(directory);
    const child = spawn('sleep', ['1000'], { stdio: ['ignore', 'ignore', 'ignore', lock.descriptor] });
    lock.release();
    expect(() => DirectoryLock.acquire(directory, { waitMs: 0 })).toThrow(
      expect.objectContaining({
        code: 'DATA_DIR_LOCKED',
        message: expect.stringContaining('another process has the lock'),
      }),
    );
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    DirectoryLock.acquire(directory).release();
  });

  it('is waited for while it goes', async () => {
    const lock = DirectoryLock.acquire(directory);
    spawn('sleep', ['0.2'], { stdio: ['ignore', 'ignore', 'ignore', lock.descriptor] });
    lock.release();
    DirectoryLock.acquire(directory, { waitMs: 60_000 }).release();
  });
});
