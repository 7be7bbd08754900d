// Ends everything at a chosen operation on the disk: from there on nothing more is done to it, and a write that
// was under way is torn.
import type { DiskOperation, MemoryFiles } from '../../files/memory-files.js';
import type { Chance } from '../../files/unsynced.js';

/** What ends with the hub: its process, or the whole machine. */
export type Loss = 'kill' | 'power';

export interface Crash {
  /** How many changes to the disk are still made. */
  readonly after: number;
  /** Ends not before a sync, which fails: what it was to put on the disk is not there, and counts as if it were. */
  readonly atSync?: boolean | undefined;
  /** Which part of an append is made, when the crash is at one: 0 to 1. */
  readonly torn: number;
  readonly loss: Loss;
  /** Decides what of all that was not synced is on the disk after a loss of power; nothing by default. */
  readonly seed?: number | undefined;
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
  #losses = 0;
  #loss: Loss = 'kill';
  #seed: number | undefined;

  constructor(files: MemoryFiles) {
    this.#files = files;
  }

  /** Whether it has come to the crash. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /** How often a hub has ended with its process or the machine. */
  get losses(): number {
    return this.#losses;
  }

  /** Makes it crash. */
  crash({ after, torn, loss, seed, atSync = false }: Crash): void {
    let left = after;
    this.#loss = loss;
    this.#seed = seed;
    this.#files.hook = ({ kind, bytes }) => {
      if (this.#crashed) return { error: new Error('the process is gone') };
      if (!CHANGES.has(kind) || --left >= 0 || (atSync && kind !== 'sync')) return undefined;
      this.#crashed = true;
      if (atSync) return { error: new Error('the sync fails, and the process ends'), lies: true };
      return { error: new Error('the process ends here'), written: Math.floor(bytes * torn) };
    };
  }

  disarm(): void {
    this.#files.hook = undefined;
  }

  /** Leaves the disk as the crash leaves it, or as `loss` does when there was none. */
  lose(loss: Loss = this.#loss, seed: number | undefined = this.#seed): Loss {
    this.#crashed = false;
    this.#losses++;
    if (loss === 'kill') this.#files.loseProcess();
    else this.#files.losePower(seed === undefined ? undefined : chanceFrom(seed));
    return loss;
  }
}

/** The same chances for the same seed (mulberry32). */
function chanceFrom(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
