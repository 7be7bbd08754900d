// How long the main thread's event loop was held up, as a timer of one millisecond sees it, and how much processor
// time the main thread took: what others of the process, and of the machine, took from it is in the first and not in
// the second.
import { readFileSync } from 'node:fs';

const BEAT_MS = 1;

export class Heartbeat {
  #lastMs = performance.now();
  #longestMs = 0;
  #timer = setInterval(() => this.#beat(), BEAT_MS);

  /** Starts anew. */
  reset() {
    this.#lastMs = performance.now();
    this.#longestMs = 0;
  }

  /** The longest time between two beats since the last {@link reset}, in milliseconds. */
  get longestMs() {
    this.#beat();
    return this.#longestMs;
  }

  stop() {
    clearInterval(this.#timer);
  }

  #beat() {
    const now = performance.now();
    this.#longestMs = Math.max(this.#longestMs, now - this.#lastMs);
    this.#lastMs = now;
  }
}

/**
 * Processor time of the main thread so far, in milliseconds. Where the system does not tell (other than Linux), the
 * time that its event loop was not idle.
 */
export function mainThreadCpuMs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return performance.eventLoopUtilization().active;
  }
}
