// The entries of this thread that are to be delivered again, and when. Each keeps its slot, so that nobody else takes
// it, and is told of in shared memory as retrying.
import TinyQueue from 'tinyqueue';
import type { ConsumerSettings } from '../../consumer.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';

/** The slot of an entry that has none. */
export const IN_LINE = -1;

/** An entry that is this thread's to deliver. */
export interface Entry {
  readonly ordinal: number;
  /** Of its record, in bytes. */
  readonly length: number;
  /** What it must not overtake or be overtaken by, under `order: 'key'`; 0 for nothing. */
  readonly keyHash: number;
  /** Deliveries that have failed. */
  failures: number;
  /** Deliveries that ended their thread, or the hub. */
  crashes: number;
  /** When the first delivery began, in milliseconds since 1970; 0 before. */
  firstAt: number;
  /** Not to be delivered before this moment of the thread's monotonic clock, in milliseconds. */
  dueMs: number;
  /** Its slot, once it is under way by itself; {@link IN_LINE} while it is the next one of the claimed run. */
  slot: number;
}

type WaitingSettings = Pick<ConsumerSettings, 'order' | 'maxRetrying'>;

export class Waiting {
  readonly #queue: QueueShared;
  readonly #words: Int32Array;
  /** With so many, no new entry is taken. */
  readonly #most: number;
  readonly #entries: TinyQueue<Entry>;
  /** Entries that wait behind one of their key, kept by the {@link KeyGate}. */
  #behind = 0;

  constructor(queue: QueueShared, thread: ThreadShared, { order, maxRetrying }: WaitingSettings) {
    this.#queue = queue;
    this.#words = thread.words;
    this.#most = order === 'strict' ? 1 : maxRetrying;
    // What failed in a queue of strict order comes back in that order, whatever each one's pause: none overtakes.
    const strict = (a: Entry, b: Entry) => a.ordinal - b.ordinal;
    const soonest = (a: Entry, b: Entry) => a.dueMs - b.dueMs || a.ordinal - b.ordinal;
    this.#entries = new TinyQueue([], order === 'strict' ? strict : soonest);
    this.#note();
  }

  /** How many wait, for their time or behind one of their key. */
  get count(): number {
    return this.#entries.length + this.#behind;
  }

  /** Whether so many wait, in all threads of the consumer, that no new entry is to be taken. */
  get isFull(): boolean {
    if (this.count >= this.#most) return true;
    return this.#queue.threads.length > 1 && this.#queue.retrying() >= this.#most;
  }

  /** When the next one is due, on the thread's monotonic clock; Infinity for none. */
  get nextDueMs(): number {
    return this.#entries.peek()?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#note();
  }

  /** Takes out the next one, if it is due. */
  takeDue(nowMs: number): Entry | undefined {
    if (this.nextDueMs > nowMs) return undefined;
    const entry = this.#entries.pop();
    this.#note();
    return entry;
  }

  /** One more waits behind one of its key, or one less. */
  countBehind(change: 1 | -1): void {
    this.#behind += change;
    this.#note();
  }

  #note(): void {
    const before = this.#queue.threads.length > 1 ? this.#queue.retrying() : 0;
    Atomics.store(this.#words, ThreadShared.RETRYING, this.count);
    // The other threads may wait for just that.
    if (before >= this.#most && !this.isFull) this.#queue.notify();
  }
}
