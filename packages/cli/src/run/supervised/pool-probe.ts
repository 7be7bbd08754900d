// Whether libuv's thread pool, which all threads of the process share, still comes to what it is given: a small task,
// and how many beats go by until it is done. Beats and not a clock: a process that was stopped had no beats either.
import { stat } from 'node:fs/promises';

/** On nearly every machine it is known to the kernel without a look at a disk. */
const ANYWHERE = '/';

export class PoolProbe {
  #inFlight = false;
  #beats = 0;

  /** To be called at each beat. @returns For how many beats by now the pool has not come to the task. */
  beatsBlocked(): number {
    if (this.#inFlight) return ++this.#beats;
    this.#inFlight = true;
    this.#beats = 0;
    const done = () => {
      this.#inFlight = false;
    };
    stat(ANYWHERE).then(done, done);
    return 0;
  }
}
