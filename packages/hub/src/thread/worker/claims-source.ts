// Where claims are made from: the one cursor that all threads of a queue share, or the cursors of a partitioned queue
// (`order: 'key'`), in which each thread has a share of its own. The overflow thread claims from the share whose cursor
// is lowest, which has the oldest entries.
import type { OrderKey } from '../../consumer.js';
import { NO_KEY } from '../../journal/order-key.js';
import type { Interval, IntervalSet } from '../../queue/interval-set.js';
import { shareOf } from '../../queue/share.js';
import type { Counter, QueueShared } from '../../queue/shared.js';
import { KeyHashes, type KeyHashesOptions } from './key-hashes.js';

/** How many entries one claim looks at, to find some of its share; … */
const ENTRIES_LOOKED_AT = 4_096;
/** … and how often it looks for hashes, which are found slowly where they have to be computed. */
const MOST_LOOKS = 8;

/** A part of the queue that one claim moves a cursor over. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** What is to be had there, in order; the rest was settled before, or is not of this share. */
  readonly runs: readonly Interval[];
}

export interface ClaimSource {
  /** The number of the share that the next claim is to be made from; 0 in a queue that is not partitioned. */
  nextShare(): number;
  /** The cursor of a share. */
  cursorOf(share: number): Counter;
  /**
   * What there is from a share's cursor on; undefined when that has come to the queue's end.
   *
   * @param most Entries to be had at most.
   * @param settledBefore Settled before the hub started.
   */
  stretch(share: number, most: number, settledBefore: IntervalSet | undefined): Stretch | undefined;
  /** The hash of the order key of an entry that is claimed; 0 where it has none, or the queue is not partitioned. */
  keyHash(ordinal: number): number;
  close(): void;
}

export interface ClaimSourceOptions extends Omit<KeyHashesOptions, 'orderKey'> {
  /** The consumer's; needed where its queue is partitioned. */
  readonly orderKey: OrderKey | undefined;
}

/**
 * Where a holder of a queue's entries claims them from.
 *
 * @param holder A thread's index, or the overflow thread.
 */
export function openClaimSource(
  queue: QueueShared,
  { orderKey, ...options }: ClaimSourceOptions,
  holder: number | 'overflow',
): ClaimSource {
  if (!queue.shape.partitioned) return new WholeQueue(queue);
  if (orderKey === undefined) throw new Error('a partitioned queue has an order key');
  return new QueueShares(queue, new KeyHashes({ ...options, orderKey }), holder === 'overflow' ? undefined : holder);
}

/** All threads claim from one cursor. */
export class WholeQueue implements ClaimSource {
  readonly #queue: QueueShared;

  constructor(queue: QueueShared) {
    this.#queue = queue;
  }

  nextShare(): number {
    return 0;
  }

  cursorOf(): Counter {
    return this.#queue.cursor;
  }

  stretch(_share: number, most: number, settledBefore: IntervalSet | undefined): Stretch | undefined {
    const from = this.#queue.cursor.get();
    const enqueued = this.#queue.enqueued.get();
    if (enqueued <= from) return undefined;
    const to = Math.min((settledBefore?.firstMissing(from) ?? from) + most, enqueued);
    return { from, to, runs: settledBefore === undefined ? [{ from, to }] : settledBefore.gaps(from, to) };
  }

  keyHash(): number {
    return NO_KEY;
  }

  close(): void {}
}

/** Each thread claims from its own cursor what its share is, by the hash of the order key. */
export class QueueShares implements ClaimSource {
  readonly #queue: QueueShared;
  readonly #hashes: KeyHashes;
  readonly #own: number | undefined;
  /** How many entries there were when it was last looked. */
  #enqueued: number;

  /** @param own The thread's index; undefined for the overflow thread, which claims what is oldest in any share. */
  constructor(queue: QueueShared, hashes: KeyHashes, own: number | undefined) {
    this.#queue = queue;
    this.#hashes = hashes;
    this.#own = own;
    this.#enqueued = queue.enqueued.get();
  }

  nextShare(): number {
    if (this.#own !== undefined) return this.#own;
    const cursors = this.#queue.threads.map(({ cursor }) => cursor.get());
    return cursors.indexOf(Math.min(...cursors));
  }

  cursorOf(share: number): Counter {
    const thread = this.#queue.threads[share];
    if (thread === undefined) throw new RangeError(`there is no share ${share}`);
    return thread.cursor;
  }

  stretch(share: number, most: number, settledBefore: IntervalSet | undefined): Stretch | undefined {
    const from = this.cursorOf(share).get();
    this.#enqueued = this.#queue.enqueued.get();
    const enqueued = this.#enqueued;
    if (enqueued <= from) return undefined;
    const end = Math.min((settledBefore?.firstMissing(from) ?? from) + ENTRIES_LOOKED_AT, enqueued);
    const found = new Found(share, this.#queue.threads.length, most);
    let looks = 0;
    // What was settled before is not looked at: its records and index files may be gone.
    for (const gap of settledBefore?.gaps(from, end) ?? [{ from, to: end }]) {
      for (let at = gap.from; at < gap.to; ) {
        if (looks++ === MOST_LOOKS) return { from, to: at, runs: found.runs };
        const hashes = this.#hashes.from(at, enqueued);
        const to = Math.min(at + Math.max(1, hashes.length), gap.to);
        at = found.look(hashes, at, to);
        if (at < to) return { from, to: at, runs: found.runs };
      }
    }
    return { from, to: end, runs: found.runs };
  }

  keyHash(ordinal: number): number {
    return this.#hashes.of(ordinal, this.#enqueued);
  }

  close(): void {
    this.#hashes.close();
  }
}

/** The entries of one share that a claim has found. */
class Found {
  readonly runs: { from: number; to: number }[] = [];
  readonly #share: number;
  readonly #threads: number;
  /** How many more are wanted. */
  #left: number;

  constructor(share: number, threads: number, most: number) {
    this.#share = share;
    this.#threads = threads;
    this.#left = most;
  }

  /**
   * Looks at the entries from an ordinal up to another.
   *
   * @param hashes Of their order keys; one that cannot be told is missing.
   * @returns Where it has ended, because no more are wanted.
   */
  look(hashes: Uint32Array, from: number, to: number): number {
    for (let ordinal = from; ordinal < to; ordinal++) {
      if (shareOf(ordinal, hashes[ordinal - from] ?? NO_KEY, this.#threads) !== this.#share) continue;
      if (this.#left === 0) return ordinal;
      this.#left--;
      const last = this.runs.at(-1);
      if (last !== undefined && last.to === ordinal) last.to++;
      else this.runs.push({ from: ordinal, to: ordinal + 1 });
    }
    return to;
  }
}
