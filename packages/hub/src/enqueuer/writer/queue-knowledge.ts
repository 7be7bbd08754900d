// What a queue's settle logs say while the journal is opened: which entries are settled and so cannot be lost, and how far
// the queue had come at least. Read when first asked for.
import type { Files } from '../../files/files.js';
import type { IntervalSet } from '../../queue/interval-set.js';
import { readSettledState } from '../../settlement/settled-state.js';
import type { EnqueuedQueue } from './writer-queue.js';

interface Known {
  readonly settled: IntervalSet;
  readonly to: number;
  readonly isWhole: boolean;
}

export class QueueKnowledge {
  readonly #files: Files;
  readonly #known = new Map<number, Known>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** The ordinal above all that the logs speak of. */
  knownTo(queue: EnqueuedQueue): number {
    return this.#of(queue).to;
  }

  /** Whether all that the logs say could be read. */
  isWhole(queue: EnqueuedQueue): boolean {
    return this.#of(queue).isWhole;
  }

  /** How many entries from an ordinal up to another are not settled. */
  unsettledIn(queue: EnqueuedQueue, from: number, to: number): number {
    if (from >= to) return 0;
    return this.#of(queue)
      .settled.gaps(from, to)
      .reduce((sum, gap) => sum + gap.to - gap.from, 0);
  }

  #of(queue: EnqueuedQueue): Known {
    const known = this.#known.get(queue.number);
    if (known !== undefined) return known;
    const { settled, retries, starts, damaged } = readSettledState(
      this.#files,
      `${queue.directory}/settled`,
      queue.number,
    );
    let to = 0;
    for (const interval of settled) to = interval.to;
    for (const { ordinal } of [...retries, ...starts]) to = Math.max(to, ordinal + 1);
    const read = { settled, to, isWhole: damaged.length === 0 };
    this.#known.set(queue.number, read);
    return read;
  }
}
