// The worker threads of one consumer, under Piscina: gives each a task that lasts as long as it does, ends it, and knows
// when it is really gone, which a task that was aborted does not tell; and which could not be ended at all.
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { ThreadShared } from '../queue/shared.js';
import type { ConsumerTask } from './protocol.js';

/**
 * How much consumers' threads stand back behind the hub's own, which have little to do and must not wait for their
 * turn (docs/decisions/0006).
 */
const NICE_INCREMENT = 5;

/** How long a thread that was ended may take to be gone before it counts as stuck; less when all are to go. */
const GONE_WITHIN_MS = 2_000;
const ALL_GONE_WITHIN_MS = 500;

export interface ThreadPoolOptions {
  readonly threads: number;
  /** Heap limit of each. */
  readonly maxMemoryMb: number;
}

/** A thread that runs a task. */
export interface ThreadRun {
  /** Ends it. @param cause What {@link ended} resolves with then; the first one counts. */
  end(cause: unknown): void;
  /** Resolves when it is gone, or cannot be ended. */
  readonly ended: Promise<ThreadEnd>;
}

export interface ThreadEnd {
  /** What was thrown in it, or why it was ended. */
  readonly cause: unknown;
  /** Whether it could not be ended: it is inside a call that does not return. None of its JavaScript runs any more. */
  readonly isStuck: boolean;
}

export class ThreadPool {
  readonly #pool: Piscina;
  /** Threads that are alive, by `threadId`. */
  readonly #alive = new Map<number, Worker>();
  readonly #stuck = new Set<Worker>();
  /** Ends the tasks that no thread has begun. */
  readonly #waiting = new Set<(cause: unknown) => void>();
  /** Resolves when all threads are gone that are to go. */
  #destroyed: Promise<void> | undefined;

  /** @param failedAfterEnd Called with what a thread threw that had no task any more. */
  constructor({ threads, maxMemoryMb }: ThreadPoolOptions, failedAfterEnd: (error: unknown) => void) {
    this.#pool = new Piscina({
      filename: new URL('./worker/main.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      atomics: 'disabled',
      niceIncrement: NICE_INCREMENT,
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
    });
    this.#pool.on('workerCreate', ({ id }: { id: number }) => {
      const worker = this.#pool.threads.find(({ threadId }) => threadId === id);
      if (worker === undefined) return;
      this.#alive.set(id, worker);
      worker.once('exit', () => this.#alive.delete(id));
    });
    this.#pool.on('error', (error: unknown) => {
      // Piscina starts no thread in the place of one that fails before it is ready, and the task would wait for ever.
      if (this.#pool.queueSize > 0) for (const end of [...this.#waiting]) end(error);
      else failedAfterEnd(error);
    });
  }

  /** How many threads could not be ended, and are still there. */
  get stuck(): number {
    return this.#stuck.size;
  }

  /** @param shared Where the thread tells that it has begun; nobody else may run there. */
  run(task: ConsumerTask, shared: ThreadShared): ThreadRun {
    const abort = new AbortController();
    let cause: { readonly of: unknown } | undefined;
    const end = (why: unknown) => {
      cause ??= { of: why };
      abort.abort();
    };
    Atomics.store(shared.words, ThreadShared.THREAD, 0);
    Atomics.store(shared.words, ThreadShared.HEARTBEAT, 0);
    const hasBegun = () => Atomics.load(shared.words, ThreadShared.THREAD) !== 0;
    const endWaiting = (why: unknown) => {
      if (!hasBegun()) end(why);
    };
    this.#waiting.add(endWaiting);
    const run = this.#pool.run(task, { transferList: [task.port], signal: abort.signal });
    const ended = run
      .then(
        // Piscina takes a thrown null for a task that has returned, which this one does only when the hub stops.
        () => null,
        (error: unknown) => error,
      )
      .then(async (thrown: unknown) => {
        this.#waiting.delete(endWaiting);
        const isStuck = await this.#isStuck(Atomics.load(shared.words, ThreadShared.THREAD));
        return { cause: cause === undefined ? thrown : cause.of, isStuck };
      });
    return { end, ended };
  }

  /** Ends all threads; their tasks end, and no more can be run. */
  endAll(): void {
    // Once: Piscina takes a thread that ends after a second call for one that is to be replaced.
    this.#destroyed ??= this.#pool.destroy();
  }

  /** The same, and resolves when all are gone, or known to be stuck. */
  async destroy(): Promise<void> {
    this.endAll();
    // Those that are known to be stuck are not waited for.
    const workers = [...this.#alive.values()];
    if (await isIn(ALL_GONE_WITHIN_MS, Promise.all(workers.map(exitOf)))) return;
    for (const worker of workers) if (worker.threadId !== -1) this.#noteStuck(worker);
  }

  /** Waits for a thread to be gone, which has ended or been told to; not for one whose task has returned. */
  async #isStuck(threadId: number): Promise<boolean> {
    const worker = this.#alive.get(threadId);
    if (worker === undefined || this.#pool.threads.includes(worker)) return false;
    if (await isIn(this.#destroyed === undefined ? GONE_WITHIN_MS : ALL_GONE_WITHIN_MS, exitOf(worker))) return false;
    this.#noteStuck(worker);
    return true;
  }

  #noteStuck(worker: Worker): void {
    const { threadId } = worker;
    if (!this.#alive.delete(threadId)) return;
    this.#stuck.add(worker);
    // Should it end at last, Piscina would start a thread in its place, even one of a pool that was destroyed.
    worker.removeAllListeners('exit');
    worker.once('exit', () => this.#stuck.delete(worker));
  }
}

const exitOf = (worker: Worker): Promise<void> => new Promise((resolve) => worker.once('exit', () => resolve()));

/** Whether a promise resolves in time. */
async function isIn(withinMs: number, promise: Promise<unknown>): Promise<boolean> {
  const giveUp = new AbortController();
  const late = setTimeoutPromise(withinMs, false, { signal: giveUp.signal }).catch(() => false);
  const isInTime = await Promise.race([promise.then(() => true), late]);
  giveUp.abort();
  return isInTime;
}
