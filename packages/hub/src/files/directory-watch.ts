// Looks whether a directory is still where it was opened. Files that are open go on when it is removed or moved away: what is
// written to them then is accepted, and gone with the process.
import { statSync } from 'node:fs';
import { isMissing } from './files.js';

const LOOK_EVERY_MS = 1_000;

export class DirectoryWatch {
  readonly #path: string;
  readonly #identity: string;
  readonly #timer: NodeJS.Timeout;

  /** @param gone Told once, within a second or so, when there is none of the path any more, or another one. */
  constructor(path: string, gone: (problem: string) => void) {
    this.#path = path;
    this.#identity = identityOf(path);
    this.#timer = setInterval(() => {
      const problem = this.#look();
      if (problem === undefined) return;
      this.stop();
      gone(problem);
    }, LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): string | undefined {
    try {
      return identityOf(this.#path) === this.#identity ? undefined : `${this.#path} is another directory than before`;
    } catch (error) {
      // Whoever may not look, or has to wait for a disk, knows nothing.
      return isMissing(error) ? `${this.#path} is gone` : undefined;
    }
  }
}

function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}
