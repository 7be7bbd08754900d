// A disk of a few megabytes for one test: a file system in memory, mounted into a folder of the test's own.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tempDir } from './temp-dir.js';

const CHUNK_BYTES = 4_096;

const mount = (folder: string, bytes: number): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', folder]).status === 0;

const unmount = (folder: string): void => {
  // In use still, it goes when it is not: nothing of a test is to stay mounted.
  if (spawnSync('umount', [folder]).status !== 0) spawnSync('umount', ['-l', folder]);
};

/** What is missing to make a small disk; undefined for nothing. */
export function missingForSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root, who alone may mount';
  const folder = join('/tmp', `penstock-mount-${process.pid}`);
  mkdirSync(folder);
  try {
    if (!mount(folder, CHUNK_BYTES)) return 'no file system may be mounted here';
    unmount(folder);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export class SmallDisk {
  readonly folder = tempDir();
  readonly bytes: number;

  /** Mounts it until the current test has finished. */
  constructor(bytes: number) {
    this.bytes = bytes;
    if (!mount(this.folder, bytes)) throw new Error('no file system may be mounted here');
    onTestFinished(() => unmount(this.folder));
  }

  /** Has somebody else take so much of what is free; all of it by default. */
  take(bytes = Number.POSITIVE_INFINITY): void {
    const file = openSync(join(this.folder, 'stranger'), 'a');
    const chunk = new Uint8Array(CHUNK_BYTES).fill(1);
    try {
      for (let left = bytes; left > 0; left -= chunk.byteLength) writeSync(file, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Has what somebody else took given back. */
  clear(): void {
    rmSync(join(this.folder, 'stranger'), { force: true });
  }
}
