// One hub for each data directory. The kernel holds the lock through an open file, so it is free again however
// the hub ends; flock(1) takes it on our descriptor. Where there is no flock(1), a file names the owner.
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, linkSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { PenstockError } from '../errors.js';
import { usingDirectory } from './unusable-directory.js';

const HELD_BY_OTHER = 9;

export class DirectoryLock {
  readonly #release: () => void;

  private constructor(release: () => void) {
    this.#release = release;
  }

  /**
   * Takes the lock of a directory. Nothing but the lock file is written.
   *
   * @throws DATA_DIR_LOCKED naming the process that has it, DATA_DIR_UNUSABLE.
   */
  static acquire(directory: string): DirectoryLock {
    return usingDirectory(directory, 'cannot be locked', () => DirectoryLock.#take(directory));
  }

  static #take(directory: string): DirectoryLock {
    const path = `${directory}/lock`;
    const descriptor = openSync(path, 'a+', 0o600);
    const { status, error } = spawnSync('flock', ['-n', '-x', '-E', String(HELD_BY_OTHER), '3'], {
      stdio: ['ignore', 'ignore', 'ignore', descriptor],
    });
    if (error !== undefined || (status !== 0 && status !== HELD_BY_OTHER)) {
      closeSync(descriptor);
      return acquireByName(directory);
    }
    if (status === HELD_BY_OTHER) {
      closeSync(descriptor);
      throw lockedBy(directory, readText(path));
    }
    try {
      ftruncateSync(descriptor, 0);
      writeSync(descriptor, identity());
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return new DirectoryLock(() => closeSync(descriptor));
  }

  release(): void {
    this.#release();
  }

  /** @internal */
  static named(path: string): DirectoryLock {
    return new DirectoryLock(() => rmSync(path, { force: true }));
  }
}

/** Who has a directory's lock, or had it last; told without taking it. */
export interface LockOwner {
  readonly pid: number;
  /** Whether that process runs. */
  readonly isAlive: boolean;
  /** Another one for each taking of the lock. */
  readonly identity: string;
}

/** @returns Undefined when nobody ever had the lock. */
export function lockOwner(directory: string): LockOwner | undefined {
  const identity = readText(`${directory}/lock`) || readText(`${directory}/lock.owner`);
  return identity ? { pid: Number.parseInt(identity, 10), isAlive: isAlive(identity), identity } : undefined;
}

/** Process id and, where the system tells it, when the process started: ids are used again. */
function identity(): string {
  return `${process.pid} ${startTime(process.pid) ?? '-'}\n`;
}

const startTime = (pid: number): string | undefined => statFields(pid)?.[19];

/** What the system says of a process, from field 3 on: behind its name, which may hold anything. */
function statFields(pid: number): string[] | undefined {
  return readText(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function lockedBy(directory: string, owner: string | undefined): PenstockError {
  const pid = owner?.split(' ')[0];
  const who = pid === undefined || pid === '' ? 'another process' : `process ${pid}`;
  return new PenstockError(
    'DATA_DIR_LOCKED',
    `a hub (${who}) already runs on data directory ${directory}; stop it, or give this hub another dataDir`,
  );
}

/** A name that only one can link to; an owner that is gone is replaced. */
function acquireByName(directory: string): DirectoryLock {
  const path = `${directory}/lock.owner`;
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, identity(), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        linkSync(mine, path);
        return DirectoryLock.named(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = readText(path);
      if (owner !== undefined && isAlive(owner)) throw lockedBy(directory, owner);
      rmSync(path, { force: true });
    }
    throw lockedBy(directory, readText(path));
  } finally {
    rmSync(mine, { force: true });
  }
}

function isAlive(owner: string): boolean {
  const [pid, started] = owner.trim().split(' ');
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const [state] = statFields(Number(pid)) ?? [];
  // Ended, and only not yet taken note of by whoever started it, which in a container may be nobody.
  if (state === 'Z') return false;
  const now = startTime(Number(pid));
  return started === '-' || now === undefined || now === started;
}
