// One run of the model test: takes actions on the simulated hub and on the naive model, and compares the two after
// each. A crash ends the hub at any operation on the disk, also while it starts; what the disk then shows decides
// between what the model allows.
import assert from 'node:assert/strict';
import { MemoryFiles } from '../../files/memory-files.js';
import { compilePatterns } from '../../topic.js';
import {
  adoptSettled,
  compareContents,
  compareGauges,
  compareMessage,
  compareSegments,
  listSegments,
} from './comparison.fixture.js';
import { CrashingDisk, type Loss } from './crashing-disk.fixture.js';
import { type ModelEntry, NaiveModel } from './naive-model.fixture.js';
import { DATA, SimulatedHub, type SimulatedHubObserver } from './simulated-hub.fixture.js';
import type { SimulatedConsumer, SimulatedQueue } from './simulated-queue.fixture.js';
import type { SimulatedThread } from './simulated-thread.fixture.js';

const SEGMENT_BYTES = 400;
const BATCH_BYTES = 600;

/** How a thread ends: with what it had noted, after it has written that, or on its way to a claim. */
export type ThreadEnding = 'at once' | 'written' | 'claiming';

export type Action =
  | { readonly do: 'publish'; readonly topics: readonly string[]; readonly bytes: number }
  | { readonly do: 'commit' | 'reap' }
  | {
      readonly do: 'deliver';
      readonly who: number;
      readonly count: number;
      readonly most: number;
      readonly settle: boolean;
    }
  | { readonly do: 'settle'; readonly who: number; readonly which: number }
  | { readonly do: 'flush' | 'sync' | 'compact'; readonly who: number }
  | { readonly do: 'end thread'; readonly who: number; readonly how: ThreadEnding }
  | { readonly do: 'restart'; readonly how: 'stop' | Loss; readonly consumers: readonly SimulatedConsumer[] }
  | { readonly do: 'crash later'; readonly after: number; readonly torn: number; readonly how: Loss };

/** A thread in its present incarnation, and what it has done. */
interface Worker {
  readonly queue: SimulatedQueue;
  readonly index: number;
  readonly thread: SimulatedThread;
  readonly noted: Set<ModelEntry>;
  readonly written: Set<ModelEntry>;
  lastOrdinal: number;
}

export class StorageRun {
  readonly #files = new MemoryFiles();
  readonly #disk = new CrashingDisk(this.#files);
  readonly #model = new NaiveModel();
  readonly #observer: SimulatedHubObserver;
  readonly #expectedBackfills = new Map<string, number[]>();
  #consumers: readonly SimulatedConsumer[];
  #hub!: SimulatedHub;
  #workers: Worker[] = [];
  #published = 0;
  /** Where the journal ended, when the last hub stopped in order. */
  #stoppedAt: number | undefined;

  constructor(consumers: readonly SimulatedConsumer[]) {
    this.#consumers = consumers;
    this.#observer = {
      opened: (nextPosition) => {
        if (this.#stoppedAt !== undefined) assert.equal(nextPosition, this.#stoppedAt, 'where the journal goes on');
        this.#stoppedAt = undefined;
        this.#model.recover(nextPosition);
      },
      backfillBegins: (queue, patterns) => this.#expectBackfill(queue, patterns),
      referenced: (queue, entries, at) => {
        const positions = entries.map(({ position }) => position);
        this.#model.reference(queue, positions, at);
      },
      committed: () => {
        this.#model.commit();
        this.#noteSegments();
      },
    };
    this.#files.makeDirectory(DATA);
    this.#files.syncDirectory('');
    this.#start('stop');
  }

  take(action: Action): void {
    try {
      this.#perform(action);
    } catch (error) {
      if (!this.#disk.crashed) throw error;
      this.#hub.drop();
      this.#start(this.#disk.lose());
    }
    compareGauges(this.#hub, this.#model);
  }

  /** Delivers and settles all that can be, stops, and looks at it all once more. */
  finish(): void {
    this.#disk.disarm();
    this.#hub.commit();
    for (const worker of this.#workers) {
      while (this.#deliver(worker, 256, true));
      while (worker.thread.inFlight.length > 0) this.#settle(worker, 0);
      this.#flush(worker);
    }
    for (const { queue } of this.#workers) assert.equal(queue.shared.backlog(), 0, `backlog of ${queue.name}`);
    compareGauges(this.#hub, this.#model);
    this.#reap();
    this.#restart('stop', this.#consumers);
    compareGauges(this.#hub, this.#model);
    this.#hub.stop();
    assert.equal(this.#files.openFiles, 0, 'files left open');
  }

  #perform(action: Action): void {
    switch (action.do) {
      case 'publish':
        for (const topic of action.topics) this.#publish(topic, action.bytes);
        break;
      case 'commit':
        this.#hub.commit();
        break;
      case 'reap':
        this.#reap();
        break;
      case 'restart':
        this.#restart(action.how, action.consumers);
        break;
      case 'crash later':
        this.#disk.crashAfter(action.after, action.torn, action.how);
        break;
      default: {
        const worker = this.#workers[action.who % this.#workers.length];
        if (worker !== undefined) this.#performBy(worker, action);
      }
    }
  }

  #performBy(worker: Worker, action: Extract<Action, { who: number }>): void {
    switch (action.do) {
      case 'deliver':
        for (let left = action.count; left > 0; left--) this.#deliver(worker, action.most, action.settle);
        break;
      case 'settle':
        this.#settle(worker, action.which);
        break;
      case 'flush':
        this.#flush(worker);
        break;
      case 'sync':
        worker.thread.sync();
        for (const entry of worker.written) entry.state = 'synced';
        break;
      case 'compact':
        this.#flush(worker);
        worker.thread.compact();
        for (const entry of worker.written) entry.state = 'synced';
        break;
      case 'end thread':
        this.#endThread(worker, action.how);
        break;
    }
  }

  #publish(topic: string, bytes: number): void {
    const body = `${this.#published++}`.padEnd(bytes, '.');
    const { position, end } = this.#hub.publish(topic, body);
    const routed = this.#consumers.filter(({ patterns }) => compilePatterns(patterns)(topic));
    this.#model.publish(
      { position, length: end - position, topic, body },
      routed.map(({ name }) => name),
    );
  }

  /** @returns Whether there was anything to deliver. */
  #deliver(worker: Worker, most: number, settle: boolean): boolean {
    const { queue, thread } = worker;
    if (thread.exhausted) this.#flush(worker);
    const delivery = thread.deliver(most, settle);
    if (delivery === undefined) {
      assert.equal(queue.shared.cursor.get(), queue.shared.enqueued.get(), 'nothing to deliver, short of the end');
      return false;
    }
    const { ordinal } = delivery;
    const entry = this.#model.backlog(queue.name).find((each) => each.position === delivery.position);
    assert(entry !== undefined, `entry ${ordinal} of ${queue.name} is delivered, and is not in its backlog`);
    assert.equal(this.#model.entries(queue.name).indexOf(entry), ordinal);
    compareMessage(delivery, entry);
    assert(entry.state === 'waiting' && !entry.inFlight, `entry ${ordinal} of ${queue.name} is delivered again`);
    assert(ordinal > worker.lastOrdinal, `entry ${ordinal} of ${queue.name} is delivered after ${worker.lastOrdinal}`);
    worker.lastOrdinal = ordinal;
    if (settle) this.#note(worker, entry);
    else entry.inFlight = true;
    return true;
  }

  #settle(worker: Worker, which: number): void {
    const { queue, thread } = worker;
    const delivery = thread.settle(which % thread.inFlight.length);
    if (delivery === undefined) return;
    this.#note(worker, this.#model.entries(queue.name)[delivery.ordinal] as ModelEntry);
  }

  #note(worker: Worker, entry: ModelEntry): void {
    entry.state = 'noted';
    entry.inFlight = false;
    worker.noted.add(entry);
  }

  #flush(worker: Worker): void {
    worker.thread.flush();
    this.#noteWritten(worker);
  }

  #noteWritten({ noted, written }: Worker): void {
    for (const entry of noted) {
      entry.state = 'written';
      written.add(entry);
    }
    noted.clear();
  }

  #endThread(worker: Worker, how: ThreadEnding): void {
    const { queue, index, thread, noted } = worker;
    if (how === 'claiming') {
      thread.announceClaim(5);
      // Another one may claim the same meanwhile.
      const other = this.#workers.find((each) => each.queue === queue && each !== worker);
      if (other !== undefined) this.#deliver(other, 2, false);
    }
    if (how === 'written') {
      thread.write();
      this.#noteWritten(worker);
    }
    for (const entry of noted) entry.state = 'waiting';
    for (const { ordinal } of thread.inFlight)
      (this.#model.entries(queue.name)[ordinal] as ModelEntry).inFlight = false;
    queue.replaceThread(index);
    this.#workers = this.#workers.map((each) => (each === worker ? this.#workerOf(queue, index) : each));
  }

  #reap(): void {
    for (const worker of this.#workers) this.#flush(worker);
    const before = listSegments(this.#files);
    this.#hub.reap();
    compareSegments(this.#files, before, this.#model);
  }

  #restart(how: 'stop' | Loss, consumers: readonly SimulatedConsumer[]): void {
    this.#consumers = consumers;
    if (how === 'stop') {
      this.#stoppedAt = this.#hub.stop();
      assert.equal(this.#files.openFiles, 0, 'files left open');
      for (const { noted } of this.#workers) for (const entry of noted) entry.state = 'synced';
      for (const { written } of this.#workers) for (const entry of written) entry.state = 'synced';
    } else {
      this.#hub.drop();
      this.#disk.lose(how);
    }
    this.#start(how);
  }

  /** Starts a hub on what is there, again and again while it crashes at that. */
  #start(how: 'stop' | Loss): void {
    let loss = how;
    for (;;) {
      this.#expectedBackfills.clear();
      try {
        this.#hub = new SimulatedHub({
          files: this.#files,
          consumers: this.#consumers,
          segmentBytes: SEGMENT_BYTES,
          batchBytes: BATCH_BYTES,
          observer: this.#observer,
        });
        break;
      } catch (error) {
        if (!this.#disk.crashed) throw error;
        const next = this.#disk.lose();
        loss = loss === 'power' ? 'power' : next;
      }
    }
    this.#noteSegments();
    adoptSettled(this.#hub, this.#model, loss);
    compareContents(this.#files, this.#hub, this.#model);
    for (const [queue, positions] of this.#expectedBackfills) {
      const entries = this.#model.entries(queue);
      assert.deepEqual(
        entries.map(({ position }) => position),
        positions,
        `what ${queue} was filled with`,
      );
    }
    this.#workers = this.#hub.queues.flatMap((queue) => queue.threads.map((_, index) => this.#workerOf(queue, index)));
  }

  #expectBackfill(queue: string, patterns: readonly string[]): void {
    const entries = this.#model.entries(queue).map(({ position }) => position);
    const matches = compilePatterns(patterns);
    const found = this.#model
      .messagesIn(listSegments(this.#files))
      .filter(({ position, topic }) => position > (entries.at(-1) ?? -1) && matches(topic));
    this.#expectedBackfills.set(queue, [...entries, ...found.map(({ position }) => position)]);
  }

  #noteSegments(): void {
    for (const first of listSegments(this.#files)) this.#model.segments.add(first);
  }

  #workerOf(queue: SimulatedQueue, index: number): Worker {
    const thread = queue.threads[index] as SimulatedThread;
    return { queue, index, thread, noted: new Set(), written: new Set(), lastOrdinal: -1 };
  }
}
