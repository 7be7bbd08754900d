// Ends everything at a chosen operation on the disk: from there on nothing more is done to it, and a write that
// was under way is torn.
import type { DiskOperation, MemoryFiles } from '../../files/memory-files.js';

/** What ends with the hub: its process, or the whole machine. */
export type Loss = 'kill' | 'power';

export interface Crash {
  /** How many changes to the disk are still made. */
  readonly after: number;
  /** Which part of an append is made, when the crash is at one: 0 to 1. */
  readonly torn: number;
  readonly loss: Loss;
}

const CHANGES: ReadonlySet<DiskOperation['kind']> = new Set([
  'create',
  'overwrite',
  'append',
  'truncate',
  'sync',
  'makeDirectory',
  'rename',
  'remove',
  'syncDirectory',
]);

export class CrashingDisk {
  readonly #files: MemoryFiles;
  #crashed = false;
  #loss: Loss = 'kill';

  constructor(files: MemoryFiles) {
    this.#files = files;
  }

  /** Whether it has come to the crash. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /** Makes it crash. */
  crash({ after, torn, loss }: Crash): void {
    let left = after;
    this.#loss = loss;
    this.#files.hook = ({ kind, bytes }) => {
      if (this.#crashed) return { error: new Error('the process is gone') };
      if (!CHANGES.has(kind) || --left >= 0) return undefined;
      this.#crashed = true;
      return { error: new Error('the process ends here'), written: Math.floor(bytes * torn) };
    };
  }

  disarm(): void {
    this.#files.hook = undefined;
  }

  /** Leaves the disk as the crash leaves it, or as `loss` does when there was none. */
  lose(loss: Loss = this.#loss): Loss {
    this.#crashed = false;
    if (loss === 'kill') this.#files.loseProcess();
    else this.#files.losePower();
    return loss;
  }
}
