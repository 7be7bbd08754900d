// The directory of a hub that keeps nothing, in memory where the system has a file system there. It goes with its
// hub however that ends: at the stop, at the process's exit, and after a kill when the next such hub starts.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { DirectoryLock } from './directory-lock.js';

const MEMORY_DIRECTORY = '/dev/shm';

/** Nobody keeps anything under such a name on purpose. */
const PREFIX = 'penstock-ephemeral-';
const NAME = /^penstock-ephemeral-\w{6}$/;

/** Another hub may be about to take the lock of a directory that is younger. */
const ABANDONED_AFTER_MS = 60_000;

export class EphemeralDirectory {
  readonly path: string;
  readonly #remove = () => rmSync(this.path, { recursive: true, force: true });

  /** Makes the directory, and removes those of hubs that were killed. */
  constructor() {
    const parent = statSync(MEMORY_DIRECTORY, { throwIfNoEntry: false })?.isDirectory() ? MEMORY_DIRECTORY : tmpdir();
    removeAbandoned(parent);
    this.path = mkdtempSync(`${parent}/${PREFIX}`);
    process.once('exit', this.#remove);
  }

  remove(): void {
    process.off('exit', this.#remove);
    this.#remove();
  }
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!NAME.test(name)) continue;
    const path = `${parent}/${name}`;
    try {
      if (Date.now() - statSync(`${path}/lock`).mtimeMs < ABANDONED_AFTER_MS) continue;
      const lock = DirectoryLock.acquire(path, { waitMs: 0 });
      rmSync(path, { recursive: true, force: true });
      lock.release();
    } catch {
      // A hub runs in it, or it is another user's, or another hub is removing it.
    }
  }
}
