// Which entries this thread may deliver. It claims a run of them from the queue's cursor, and tells everybody what it
// holds (queue/held.ts): before it claims, and until their settling is written. Entries that go their own way (in
// flight beside the loop, or waiting for a commit) have a slot each, so that many of them cost no more than few.
import { publishHeld } from '../../queue/held.js';
import { type Interval, IntervalSet } from '../../queue/interval-set.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';

export class Claims {
  readonly #queue: QueueShared;
  readonly #thread: ThreadShared;
  /** Runs that are held and not begun. */
  readonly #runs: Interval[];
  /** Settled before the hub started, from the cursor on. */
  #settledBefore: IntervalSet | undefined;
  /** The slot of each entry that is under way by itself. */
  readonly #slotOf = new Map<number, number>();
  readonly #freeSlots: number[];
  /** Slots of entries that are settled, and let go of when that is written. */
  readonly #settledSlots: number[] = [];
  #next = 0;
  #end = 0;

  constructor(
    queue: QueueShared,
    thread: ThreadShared,
    returned: readonly Interval[],
    settledBefore: readonly Interval[],
  ) {
    this.#queue = queue;
    this.#thread = thread;
    this.#runs = [...returned];
    this.#freeSlots = Array.from(thread.slots.keys());
    if (settledBefore.length > 0) {
      this.#settledBefore = new IntervalSet();
      for (const { from, to } of settledBefore) this.#settledBefore.add(from, to);
    }
  }

  /** The ordinal to be delivered next. */
  get next(): number {
    return this.#next;
  }

  /** How many entries of the run are left. */
  get left(): number {
    return this.#end - this.#next;
  }

  /** Entries in flight or waiting for a commit, beside the run. */
  get outstanding(): number {
    return this.#slotOf.size;
  }

  /** Whether another entry can be {@link detach detached} before {@link publish}. */
  get hasSlot(): boolean {
    return this.#freeSlots.length > 0;
  }

  /** The next entry of the run is settled, or will never be delivered. */
  advance(): void {
    this.#next++;
  }

  /** The next entry of the run is under way; it settles by itself. */
  detach(): void {
    const slot = this.#freeSlots.pop();
    if (slot === undefined) throw new RangeError('more entries are under way than a thread can hold');
    this.#thread.slots[slot] = this.#next + 1;
    this.#slotOf.set(this.#next, slot);
    this.#next++;
  }

  /** An entry that was under way is settled; it is held until that is written and {@link publish} is called. */
  settle(ordinal: number): void {
    const slot = this.#slotOf.get(ordinal);
    if (slot === undefined) return;
    this.#slotOf.delete(ordinal);
    this.#settledSlots.push(slot);
  }

  /**
   * Begins the next run. What was settled must have been written: the held list changes here.
   *
   * @param most Entries to claim at most.
   * @returns Whether there is anything to deliver.
   */
  claim(most: number): boolean {
    while (this.left === 0) {
      const run = this.#runs.shift();
      if (run !== undefined) {
        this.#next = run.from;
        this.#end = run.to;
      } else if (!this.#claimRun(most)) return false;
    }
    return true;
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

  #claimRun(most: number): boolean {
    const { cursor, enqueued } = this.#queue;
    // Between telling and making a claim another thread may make it: until that is put right, the list says too much,
    // and whoever looks for an ended thread's entries has to wait.
    const { words } = this.#thread;
    for (let lost = false; ; lost = true) {
      Atomics.store(words, ThreadShared.CLAIMING, 1);
      const from = cursor.get();
      const to = Math.min(from + most, enqueued.get());
      if (to <= from) {
        if (lost) this.publish();
        Atomics.store(words, ThreadShared.CLAIMING, 0);
        return false;
      }
      publishHeld(this.#thread, this.#held({ from, to }));
      if (cursor.swap(from, to)) {
        Atomics.store(words, ThreadShared.CLAIMING, 0);
        if (this.#settledBefore === undefined) this.#runs.push({ from, to });
        else {
          this.#runs.push(...this.#settledBefore.gaps(from, to));
          this.#settledBefore.dropBelow(to);
          if (this.#settledBefore.size === 0) this.#settledBefore = undefined;
          // What was settled long ago, and is held with the rest, would keep its segments.
          this.publish();
        }
        return true;
      }
    }
  }

  *#held(claiming?: Interval): IterableIterator<Interval> {
    yield { from: this.#next, to: this.#end };
    yield* this.#runs;
    if (claiming !== undefined) yield claiming;
  }
}
