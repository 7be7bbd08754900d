// One hub for each data directory. The kernel holds the lock through an open file, so it is free again however
// the hub ends; flock(1) takes it on our descriptor. Where there is no flock(1), numbered files name the holder.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import { PenstockError } from '../errors.js';
import { isHeld, NOBODY, ownRecord, parseRecord, readRecord } from './lock-record.js';
import { readOwnerFile, takeOwnerFile } from './owner-files.js';
import { isAlive } from './process-identity.js';
import { usingDirectory } from './unusable-directory.js';

const HELD_BY_OTHER = 9;

/** How long a holder that is on its way out is waited for, in milliseconds: it takes some, and far more on a busy machine. */
const WAIT_MS = 10_000;
const TRY_EVERY_MS = 25;

export interface LockOptions {
  /** Process id of this hub's supervisor: should that be gone and this hub not, the next hub here ends it. */
  readonly supervisorPid?: number | undefined;
  /** How long to wait for a holder that is ending, in milliseconds; 10,000 by default, 0 for not at all. */
  readonly waitMs?: number;
}

export class DirectoryLock {
  /**
   * The open file through which the kernel holds the lock; undefined where there is no flock(1). A child process that
   * inherits it keeps other hubs out until it has ended too.
   */
  readonly descriptor: number | undefined;
  readonly #release: () => void;

  private constructor(release: () => void, descriptor?: number) {
    this.#release = release;
    this.descriptor = descriptor;
  }

  /**
   * Takes the lock of a directory. Nothing but the lock's files is written. A holder that is being torn down is waited
   * for. One that runs on though its supervisor is gone is killed; any other is left alone.
   *
   * @throws DATA_DIR_LOCKED naming the process that has it, DATA_DIR_UNUSABLE.
   */
  static acquire(directory: string, { supervisorPid, waitMs = WAIT_MS }: LockOptions = {}): DirectoryLock {
    const record = ownRecord(supervisorPid);
    const giveUpAtMs = performance.now() + waitMs;
    return usingDirectory(directory, 'cannot be locked', () => {
      for (;;) {
        const lock = DirectoryLock.#take(directory, record);
        if (lock !== undefined) return lock;
        const held = heldBy(directory);
        if (performance.now() >= giveUpAtMs || (isHeld(held) && !endOrphan(held))) throw lockedBy(directory, held);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TRY_EVERY_MS);
      }
    });
  }

  /** @returns Undefined when another process has it. */
  static #take(directory: string, record: string): DirectoryLock | undefined {
    const path = `${directory}/lock`;
    const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { status, error } = spawnSync('flock', ['-n', '-x', '-E', String(HELD_BY_OTHER), '3'], {
        stdio: ['ignore', 'ignore', 'ignore', descriptor],
      });
      const kernelLocks = error === undefined && (status === 0 || status === HELD_BY_OTHER);
      // A hub whose PATH has no flock(1), or one that has it where this one has not, counts all the same.
      if (status === HELD_BY_OTHER || isHeld(kernelLocks ? readOwnerFile(directory) : readRecord(path))) {
        closeSync(descriptor);
        return undefined;
      }
      if (kernelLocks) return DirectoryLock.#ofKernel(descriptor, record);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    closeSync(descriptor);
    const release = takeOwnerFile(directory, record);
    return release === undefined ? undefined : new DirectoryLock(release);
  }

  static #ofKernel(descriptor: number, record: string): DirectoryLock {
    write(descriptor, record);
    return new DirectoryLock(() => {
      write(descriptor, NOBODY);
      closeSync(descriptor);
    }, descriptor);
  }

  release(): void {
    this.#release();
  }
}

/** In this order, so that whoever reads it meanwhile finds a whole line, and a full disk has room for the next one. */
function write(descriptor: number, record: string): void {
  writeSync(descriptor, record, 0);
  ftruncateSync(descriptor, Buffer.byteLength(record));
}

/** Who has a directory's lock, or had it last; told without taking it. */
export interface LockOwner {
  readonly pid: number;
  /** Whether that process runs. */
  readonly isAlive: boolean;
  /** Another one for each taking of the lock. */
  readonly identity: string;
}

/** @returns Undefined when nobody has it, and whoever had it gave it back. */
export function lockOwner(directory: string): LockOwner | undefined {
  const identity = heldBy(directory);
  return identity === undefined
    ? undefined
    : { pid: parseRecord(identity).holder.pid, isAlive: isHeld(identity), identity };
}

/** What the holder has written down, or the last one to end without giving the lock back. */
function heldBy(directory: string): string | undefined {
  const records = [readRecord(`${directory}/lock`), readOwnerFile(directory)];
  return records.find(isHeld) ?? records.find((record) => record !== undefined);
}

/**
 * Kills a hub whose supervisor is gone: its end was decided, and it has not come to it.
 *
 * @returns Whether it was one.
 */
function endOrphan(record: string | undefined): boolean {
  if (record === undefined) return false;
  const { holder, supervisor } = parseRecord(record);
  if (supervisor === undefined || isAlive(supervisor) || holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 'SIGKILL');
  } catch {
    // Gone by now, or another user's: the lock tells.
  }
  return true;
}

function lockedBy(directory: string, record: string | undefined): PenstockError {
  const where = `data directory ${directory}`;
  if (isHeld(record)) {
    const who = `process ${parseRecord(record as string).holder.pid}`;
    return new PenstockError(
      'DATA_DIR_LOCKED',
      `a hub (${who}) already runs on ${where}; stop it, or give this hub another dataDir`,
    );
  }
  const whose = record === undefined ? '' : ` of process ${parseRecord(record).holder.pid}, which is gone`;
  return new PenstockError(
    'DATA_DIR_LOCKED',
    `another process has the lock on ${where}${whose}; end what holds ${directory}/lock open, or give this hub another dataDir`,
  );
}
