// A disk that fails when a test says so, below a process under test: a small library, built in the test, stands between the
// process and its C library (test/faults/programs/faulty-disk.c).
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDir } from './temp-dir.js';

const SOURCE = fileURLToPath(new URL('../faults/programs/faulty-disk.c', import.meta.url));

/** A call that is to fail, once. */
export interface DiskError {
  /** As the C library calls it. */
  readonly call: 'fdatasync' | 'fsync' | 'pwrite64' | 'ftruncate64';
  readonly error: 'EIO' | 'ENOSPC';
  /** A part of the path of the files on which it is to fail. */
  readonly on: string;
  /** Which of these calls, from now on; the first by default. */
  readonly nth?: number;
}

export class FaultyDisk {
  readonly #control: string;
  /** What the process under test is to have in its environment. */
  readonly env: Readonly<Record<string, string>>;

  /** Builds it; call it inside a test, on a machine with a C compiler. */
  constructor() {
    const folder = tempDir();
    const library = join(folder, 'faulty-disk.so');
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl']);
    this.#control = join(folder, 'control');
    this.env = { LD_PRELOAD: library, FAULT_CONTROL: this.#control };
  }

  /** Has a call fail. */
  fail({ call, error, on, nth = 1 }: DiskError): void {
    writeFileSync(`${this.#control}.next`, `${call} ${constants.errno[error]} ${on} ${nth}\n`);
    renameSync(`${this.#control}.next`, this.#control);
  }

  /** Whether it has failed. */
  get hasFailed(): boolean {
    return existsSync(`${this.#control}.fired`);
  }

  /** No call is to fail any more; what has is forgotten. */
  heal(): void {
    rmSync(this.#control, { force: true });
    rmSync(`${this.#control}.fired`, { force: true });
  }
}
