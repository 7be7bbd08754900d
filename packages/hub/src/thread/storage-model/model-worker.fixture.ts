// A simulated thread and the naive model side by side: whatever the thread delivers, settles and writes is looked up
// in the model, and noted there.
import assert from 'node:assert/strict';
import { compareMessage } from './comparison.fixture.js';
import type { ModelEntry, NaiveModel } from './naive-model.fixture.js';
import type { SimulatedQueue } from './simulated-queue.fixture.js';
import type { SimulatedThread } from './simulated-thread.fixture.js';

export class ModelWorker {
  readonly queue: SimulatedQueue;
  readonly index: number;
  readonly #model: NaiveModel;
  readonly #thread: SimulatedThread;
  /** What this incarnation of the thread has settled: not yet written, and written but not synced. */
  readonly #noted = new Set<ModelEntry>();
  readonly #written = new Set<ModelEntry>();
  /** The same of what it has seen fail. */
  readonly #failed = new Set<ModelEntry>();
  #lastOrdinal = -1;
  #ended = false;

  constructor(model: NaiveModel, queue: SimulatedQueue, index: number) {
    this.queue = queue;
    this.index = index;
    this.#model = model;
    this.#thread = queue.threads[index] as SimulatedThread;
  }

  /** Whether the thread is free to deliver all there is: it has nothing in flight. */
  get isIdle(): boolean {
    return this.#thread.inFlight.length === 0;
  }

  /** Whether the thread has ended, and nobody has taken its place yet. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Delivers an entry, and if it has to claim it, has something happen between its telling and its claiming. */
  deliverRaced(most: number, meanwhile: () => void): void {
    this.#thread.meanwhile = meanwhile;
    try {
      this.deliver(most, false);
    } finally {
      this.#thread.meanwhile = undefined;
    }
  }

  /** @returns Whether there was anything to deliver. */
  deliver(most: number, settle: boolean): boolean {
    const { queue } = this;
    if (this.#thread.exhausted) this.flush();
    const delivery = this.#thread.deliver(most, settle);
    if (delivery === undefined) {
      assert.equal(queue.shared.cursor.get(), queue.shared.enqueued.get(), 'nothing to deliver, short of the end');
      return false;
    }
    const { ordinal } = delivery;
    const entry = this.#model.backlog(queue.name).find(({ position }) => position === delivery.position);
    assert(entry !== undefined, `entry ${ordinal} of ${queue.name} is delivered, and is not in its backlog`);
    assert.equal(this.#entry(ordinal), entry);
    compareMessage(delivery, entry);
    assert(entry.state === 'waiting' && !entry.inFlight, `entry ${ordinal} of ${queue.name} is delivered again`);
    assert(ordinal > this.#lastOrdinal, `entry ${ordinal} of ${queue.name} is delivered after ${this.#lastOrdinal}`);
    this.#lastOrdinal = ordinal;
    if (settle) this.#note(entry);
    else entry.inFlight = true;
    return true;
  }

  /** Settles one of those in flight. */
  settle(which: number): void {
    const delivery = this.#thread.settle(which % this.#thread.inFlight.length);
    if (delivery !== undefined) this.#note(this.#entry(delivery.ordinal));
  }

  /** One of those in flight fails. */
  fail(which: number): void {
    const index = which % this.#thread.inFlight.length;
    const entry = this.#inFlight(index);
    if (entry === undefined) return;
    this.#failed.add(entry);
    this.#thread.fail(index, ++entry.failures);
  }

  /** Makes one of those in flight a dead letter. */
  bury(which: number): void {
    const index = which % this.#thread.inFlight.length;
    const entry = this.#inFlight(index);
    if (entry === undefined) return;
    this.#thread.bury(index, entry.failures + 1);
    entry.isDead = true;
    this.#note(entry);
  }

  flush(): void {
    this.#thread.flush();
    this.#noteWritten();
  }

  sync(): void {
    this.#thread.sync();
    this.#noteSynced();
  }

  compact(): void {
    this.flush();
    if (this.#thread.compact()) this.#noteSynced();
  }

  /** The thread has stopped in order. */
  stopped(): void {
    this.#noteWritten();
    this.#noteSynced();
  }

  /** Writes what it has settled, and does not come to count it. */
  write(): void {
    this.#thread.write();
    this.#noteWritten();
  }

  /** Ends the thread where it stands. */
  end(): void {
    this.#ended = true;
    this.#thread.end();
    for (const entry of this.#noted) Object.assign(entry, { state: 'waiting', isDead: false });
    for (const entry of this.#failed) entry.failures = entry.failuresWritten;
    for (const { ordinal } of this.#thread.inFlight) this.#entry(ordinal).inFlight = false;
  }

  /** Puts another thread in the place of one that has ended. */
  replace(): ModelWorker {
    this.queue.replaceThread(this.index);
    return new ModelWorker(this.#model, this.queue, this.index);
  }

  #entry(ordinal: number): ModelEntry {
    return this.#model.entries(this.queue.name)[ordinal] as ModelEntry;
  }

  #inFlight(index: number): ModelEntry | undefined {
    const delivery = this.#thread.inFlight[index];
    return delivery === undefined ? undefined : this.#entry(delivery.ordinal);
  }

  #note(entry: ModelEntry): void {
    entry.state = 'noted';
    entry.inFlight = false;
    this.#noted.add(entry);
  }

  #noteWritten(): void {
    for (const entry of this.#noted) {
      entry.state = 'written';
      this.#written.add(entry);
    }
    this.#noted.clear();
    for (const entry of this.#failed) entry.failuresWritten = entry.failures;
  }

  #noteSynced(): void {
    for (const entry of this.#written) entry.state = 'synced';
    for (const entry of this.#failed) entry.failuresSynced = entry.failuresWritten;
  }
}
