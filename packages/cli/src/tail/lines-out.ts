// Writes many lines to standard output in few writes, and waits where its reader is slow.
import { once } from 'node:events';

/** What gathers before it is written. */
const GATHER_LENGTH = 64 * 1024;

export class LinesOut {
  readonly #signal: AbortSignal;
  #gathered = '';

  /** @param signal Aborted when nothing can be written any more, or need be. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether it is time for a {@link flush}. */
  get full(): boolean {
    return this.#gathered.length >= GATHER_LENGTH;
  }

  add(line: string): void {
    this.#gathered += `${line}\n`;
  }

  /** Writes what was gathered; resolves when more can be taken. */
  async flush(): Promise<void> {
    const text = this.#gathered;
    this.#gathered = '';
    if (text === '' || process.stdout.write(text) || this.#signal.aborted) return;
    await once(process.stdout, 'drain', { signal: this.#signal }).catch(() => {});
  }
}
