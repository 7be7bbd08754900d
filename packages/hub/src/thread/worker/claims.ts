// Which entries this thread may deliver. It claims some of them from a cursor (claims-source.ts), and tells everybody
// what it holds (queue/held.ts): before it claims, and until their settling is written. Entries that go their own way
// (in flight beside the loop, or waiting for a commit) have a slot each, so that many of them cost no more than few.
import { publishHeld } from '../../queue/held.js';
import { type Interval, IntervalSet } from '../../queue/interval-set.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';
import { type ClaimSource, WholeQueue } from './claims-source.js';

/** One call passes over so many stretches at most in which there is nothing for this thread. */
const MOST_STRETCHES = 4;

export class Claims {
  readonly #queue: QueueShared;
  readonly #thread: ThreadShared;
  readonly #source: ClaimSource;
  /** Runs that are held and not begun. */
  #runs: readonly Interval[];
  #nextRun = 0;
  /** Settled before the hub started, from the cursor on. */
  #settledBefore: IntervalSet | undefined;
  /** How many entries are under way by themselves. */
  #underWay = 0;
  readonly #freeSlots: number[];
  /** Slots of entries that are settled, and let go of when that is written. */
  readonly #settledSlots: number[] = [];
  // The run that was begun, and how many entries are left of all.
  #next = 0;
  #end = 0;
  #left = 0;

  /**
   * @param thread The holder: a thread of the consumer, or the overflow thread.
   * @param returned What an ended thread left to this one; taken before any others.
   * @param settledBefore What was settled before the hub started, from the cursor on.
   * @param source Where to claim from; the queue's one cursor by default.
   */
  constructor(
    queue: QueueShared,
    thread: ThreadShared,
    returned: readonly Interval[],
    settledBefore: readonly Interval[],
    source: ClaimSource = new WholeQueue(queue),
  ) {
    this.#queue = queue;
    this.#thread = thread;
    this.#source = source;
    this.#freeSlots = Array.from(thread.slots.keys());
    if (settledBefore.length > 0) this.#settledBefore = IntervalSet.of(settledBefore);
    this.#runs = returned;
    this.#begin();
  }

  /** The ordinal to be delivered next. */
  get next(): number {
    return this.#next;
  }

  /** The hash of its order key; 0 when it has none, or the queue is not partitioned by any. */
  get nextKeyHash(): number {
    return this.#source.keyHash(this.#next);
  }

  /** How many claimed entries are left. */
  get left(): number {
    return this.#left;
  }

  /** How many entries from {@link next} on may be read at once: they are enqueued, and what is claimed is among them. */
  get ahead(): number {
    return (this.#runs.at(-1)?.to ?? this.#next) - this.#next;
  }

  /** Whether there is nothing more to claim for now; if not, {@link claim} has only left it for another turn. */
  get caughtUp(): boolean {
    return this.#source.cursorOf(this.#source.nextShare()).get() >= this.#queue.enqueued.get();
  }

  /** Entries in flight or waiting for a commit, beside those that are left. */
  get outstanding(): number {
    return this.#underWay;
  }

  /** Whether another entry can be {@link detach detached} before {@link publish}. */
  get hasSlot(): boolean {
    return this.#freeSlots.length > 0;
  }

  /** The next entry is settled, or will never be delivered. */
  advance(): void {
    this.#left--;
    if (++this.#next === this.#end) this.#beginRun();
  }

  /**
   * The next entry is under way; it settles by itself.
   *
   * @returns Its slot, by which it is settled.
   */
  detach(): number {
    const slot = this.#freeSlots.pop();
    if (slot === undefined) throw new RangeError('more entries are under way than a thread can hold');
    this.#thread.slots[slot] = this.#next + 1;
    this.#underWay++;
    this.advance();
    return slot;
  }

  /** An entry that was under way is settled; it is held until that is written and {@link publish} is called. */
  settle(slot: number): void {
    this.#underWay--;
    this.#settledSlots.push(slot);
  }

  /**
   * Claims entries, when none are left. What was settled must have been written: the held list changes here.
   *
   * @param most Entries to claim at most.
   * @returns Whether there is anything to deliver. If not, there may be later in the queue: see {@link caughtUp}.
   */
  claim(most: number): boolean {
    if (most === 0) return this.#left > 0;
    for (let stretches = 0; this.#left === 0 && stretches < MOST_STRETCHES; stretches++) {
      if (!this.#claimStretch(most)) return false;
    }
    return this.#left > 0;
  }

  /** Lets go of what is settled. All that is settled must have been written. */
  publish(): void {
    for (const slot of this.#settledSlots) {
      this.#thread.slots[slot] = 0;
      this.#freeSlots.push(slot);
    }
    this.#settledSlots.length = 0;
    publishHeld(this.#thread, this.#held());
  }

  /** Moves a cursor on, over what there is for this thread. False at the end of the queue. */
  #claimStretch(most: number): boolean {
    // Between telling and making a claim another thread may make it: until that is put right, the list says too much,
    // and whoever looks for an ended thread's entries has to wait.
    const { words } = this.#thread;
    for (let lost = false; ; lost = true) {
      const share = this.#source.nextShare();
      Atomics.store(words, ThreadShared.CLAIMING, 1 + share);
      const stretch = this.#source.stretch(share, most, this.#settledBefore);
      if (stretch === undefined) {
        if (lost) this.publish();
        Atomics.store(words, ThreadShared.CLAIMING, 0);
        return false;
      }
      publishHeld(this.#thread, stretch.runs);
      if (this.#source.cursorOf(share).swap(stretch.from, stretch.to)) {
        Atomics.store(words, ThreadShared.CLAIMING, 0);
        this.#runs = stretch.runs;
        this.#begin();
        this.#forgetSettledBefore();
        return true;
      }
    }
  }

  #forgetSettledBefore(): void {
    if (this.#settledBefore === undefined) return;
    this.#settledBefore.dropBelow(this.#queue.lowestCursor());
    if (this.#settledBefore.size === 0) this.#settledBefore = undefined;
  }

  #begin(): void {
    this.#nextRun = 0;
    this.#left = this.#runs.reduce((sum, { from, to }) => sum + to - from, 0);
    this.#beginRun();
  }

  #beginRun(): void {
    const run = this.#runs[this.#nextRun];
    if (run === undefined) return;
    this.#nextRun++;
    this.#next = run.from;
    this.#end = run.to;
  }

  *#held(): IterableIterator<Interval> {
    yield { from: this.#next, to: this.#end };
    for (let index = this.#nextRun; index < this.#runs.length; index++) yield this.#runs[index] as Interval;
  }
}
