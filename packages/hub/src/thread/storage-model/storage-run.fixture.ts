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
  compareLetters,
  compareSegments,
  listSegments,
} from './comparison.fixture.js';
import { type Crash, CrashingDisk, type Loss } from './crashing-disk.fixture.js';
import { ModelWorker } from './model-worker.fixture.js';
import { NaiveModel } from './naive-model.fixture.js';
import { DATA, SimulatedHub, type SimulatedHubObserver } from './simulated-hub.fixture.js';
import type { SimulatedConsumer, SimulatedQueue } from './simulated-queue.fixture.js';

const SEGMENT_BYTES = 400;
const BATCH_BYTES = 600;
/** Less than a record of the journal, so that these are torn; what a file begins with is whole or not there, as on a disk. */
const SECTOR_BYTES = 64;

/** How a thread ends: with what it had noted, or after it has written that. Another takes its place later. */
export type ThreadEnding = 'at once' | 'written';

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
  | { readonly do: 'settle' | 'fail' | 'bury'; readonly who: number; readonly which: number }
  | { readonly do: 'flush' | 'sync' | 'compact'; readonly who: number }
  | { readonly do: 'end thread'; readonly who: number; readonly how: ThreadEnding }
  /** Before a thread makes a claim that it has told of, the others deliver and compact; it may end there. */
  | { readonly do: 'race'; readonly who: number; readonly count: number; readonly most: number; readonly ends: boolean }
  | { readonly do: 'drain'; readonly who: number }
  | ({ readonly do: 'crash later' } & Crash)
  | {
      readonly do: 'restart';
      readonly how: 'stop' | Loss;
      /** Of a loss of power, as in {@link Crash}. */
      readonly seed?: number | undefined;
      readonly consumers: readonly SimulatedConsumer[];
      /** What happens to the start, and to those that follow. */
      readonly crashes: readonly Crash[];
    };

export class StorageRun {
  readonly #files: MemoryFiles;
  readonly #disk: CrashingDisk;
  readonly #model = new NaiveModel();
  readonly #observer: SimulatedHubObserver;
  /** For each queue that is filled from the journal, the positions that it is to have then. */
  readonly #expectedBackfills = new Map<string, number[]>();
  #consumers: readonly SimulatedConsumer[];
  #hub!: SimulatedHub;
  #workers: ModelWorker[] = [];
  #published = 0;
  /** Where the journal ended, when the last hub stopped in order. */
  #stoppedAt: number | undefined;

  constructor(consumers: readonly SimulatedConsumer[], files = new MemoryFiles({ sectorBytes: SECTOR_BYTES })) {
    this.#files = files;
    this.#disk = new CrashingDisk(files);
    this.#consumers = consumers;
    this.#observer = {
      opened: (nextPosition) => this.#opened(nextPosition),
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
    this.#start('stop');
  }

  /** How often the hub was killed, or lost its power, so far. */
  get losses(): number {
    return this.#disk.losses;
  }

  take(action: Action): void {
    try {
      this.#perform(action);
    } catch (error) {
      if (!this.#disk.crashed) throw error;
      this.#hub.drop();
      this.#start(this.#disk.lose());
    }
    const settledByAll = this.#hub.queues.filter((queue) => !this.#workersOf(queue).some(({ hasEnded }) => hasEnded));
    compareGauges(settledByAll, this.#model);
  }

  /** Delivers and settles all that can be, stops, and looks at it all once more. */
  finish(): void {
    this.#disk.disarm();
    this.#hub.commit();
    this.#replaceEnded();
    for (const worker of this.#workers) {
      while (worker.deliver(256, true));
      while (!worker.isIdle) worker.settle(0);
      worker.flush();
    }
    for (const { queue } of this.#workers) assert.equal(queue.shared.backlog(), 0, `backlog of ${queue.name}`);
    this.#reap();
    this.#restart('stop', this.#consumers);
    compareGauges(this.#hub.queues, this.#model);
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
        this.#restart(action.how, action.consumers, action.crashes, action.seed);
        break;
      case 'crash later':
        this.#disk.crash(action);
        break;
      default: {
        const worker = this.#workers[action.who % this.#workers.length];
        if (worker !== undefined) this.#performBy(worker.hasEnded ? this.#replace(worker) : worker, action);
      }
    }
  }

  #performBy(worker: ModelWorker, action: Extract<Action, { who: number }>): void {
    switch (action.do) {
      case 'deliver':
        for (let left = action.count; left > 0; left--) worker.deliver(action.most, action.settle);
        break;
      case 'settle':
      case 'fail':
      case 'bury':
        worker[action.do](action.which);
        break;
      case 'drain':
        while (worker.deliver(256, true));
        worker.flush();
        break;
      case 'end thread':
        if (action.how === 'written') worker.write();
        worker.end();
        break;
      case 'race':
        this.#race(worker, action);
        break;
      default:
        worker[action.do]();
    }
  }

  #publish(topic: string, bytes: number): void {
    const body = `${this.#published++}`.padEnd(bytes, '.');
    const { position, end } = this.#hub.publish(topic, body);
    const routed = this.#consumers.filter(({ patterns }) => compilePatterns(patterns)(topic));
    const message = { position, length: end - position, topic, body };
    this.#model.publish(
      message,
      routed.map(({ name }) => name),
    );
  }

  #race(worker: ModelWorker, { count, most, ends }: Extract<Action, { do: 'race' }>): void {
    const others = this.#workersOf(worker.queue).filter((each) => each !== worker && !each.hasEnded);
    const end = new Error('the thread ends here');
    try {
      worker.deliverRaced(most, () => {
        for (const other of others) {
          for (let left = count; left > 0; left--) other.deliver(most, true);
          other.compact();
        }
        if (ends) throw end;
      });
    } catch (error) {
      if (error !== end) throw error;
      worker.end();
    }
  }

  #workersOf(queue: SimulatedQueue): ModelWorker[] {
    return this.#workers.filter((worker) => worker.queue === queue);
  }

  #replace(ended: ModelWorker): ModelWorker {
    const worker = ended.replace();
    this.#workers[this.#workers.indexOf(ended)] = worker;
    return worker;
  }

  #replaceEnded(): void {
    for (const worker of this.#workers.filter(({ hasEnded }) => hasEnded)) this.#replace(worker);
  }

  #reap(): void {
    this.#replaceEnded();
    for (const worker of this.#workers) worker.flush();
    const before = listSegments(this.#files);
    this.#hub.reap();
    compareSegments(this.#files, before, this.#model);
  }

  #restart(
    how: 'stop' | Loss,
    consumers: readonly SimulatedConsumer[],
    crashes: readonly Crash[] = [],
    seed?: number,
  ): void {
    this.#consumers = consumers;
    if (how === 'stop') {
      this.#replaceEnded();
      this.#stoppedAt = this.#hub.stop();
      assert.equal(this.#files.openFiles, 0, 'files left open');
      for (const worker of this.#workers) worker.stopped();
    } else {
      this.#hub.drop();
      this.#disk.lose(how, seed);
    }
    this.#start(how, crashes);
  }

  /** Starts a hub on what is there, again and again while it crashes at that. */
  #start(how: 'stop' | Loss, crashes: readonly Crash[] = []): void {
    let loss = how;
    const left = [...crashes];
    for (;;) {
      const crash = left.shift();
      if (crash !== undefined) this.#disk.crash(crash);
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
        loss = loss === 'power' ? loss : next;
      }
    }
    this.#noteSegments();
    adoptSettled(this.#hub, this.#model, loss);
    compareContents(this.#files, this.#hub, this.#model);
    compareLetters(this.#files, this.#hub, this.#model);
    for (const [queue, positions] of this.#expectedBackfills) {
      const filled = this.#model.entries(queue).map(({ position }) => position);
      assert.deepEqual(filled, positions, `what ${queue} was filled with`);
    }
    this.#workers = this.#hub.queues.flatMap((queue) =>
      queue.threads.map((_, index) => new ModelWorker(this.#model, queue, index)),
    );
  }

  #opened(nextPosition: number): void {
    if (this.#stoppedAt !== undefined) assert.equal(nextPosition, this.#stoppedAt, 'where the journal goes on');
    this.#stoppedAt = undefined;
    this.#model.recover(nextPosition);
  }

  #expectBackfill(queue: string, patterns: readonly string[]): void {
    const filled = this.#model.entries(queue).map(({ position }) => position);
    const matches = compilePatterns(patterns);
    const found = this.#model
      .messagesIn(listSegments(this.#files))
      .filter(({ position, topic }) => position > (filled.at(-1) ?? -1) && matches(topic));
    this.#expectedBackfills.set(queue, [...filled, ...found.map(({ position }) => position)]);
  }

  #noteSegments(): void {
    for (const first of listSegments(this.#files)) this.#model.segments.add(first);
  }
}
