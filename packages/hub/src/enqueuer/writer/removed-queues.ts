// Queues that were removed while the hub runs: gone at once, while their files are deleted between commits.
import type { Files } from '../../files/files.js';
import { deleteSome, retireQueue } from '../../queue/removal.js';
import type { EnqueuedQueue } from './writer-queue.js';

export class RemovedQueues {
  readonly #files: Files;
  readonly #retired: string[] = [];

  constructor(files: Files) {
    this.#files = files;
  }

  /** Whether there are files to be deleted. */
  get pending(): boolean {
    return this.#retired.length > 0;
  }

  /** Makes a queue one that no start knows of. What it needed of the journal may go as soon as this has returned. */
  add(queue: EnqueuedQueue): void {
    queue.abandon();
    this.#retired.push(retireQueue(this.#files, queue.directory));
  }

  /** Deletes up to so many files; the rest is for later, or for the next start. */
  deleteSome(most: number): void {
    const [first] = this.#retired;
    if (first !== undefined && deleteSome(this.#files, first, most)) this.#retired.shift();
  }
}
