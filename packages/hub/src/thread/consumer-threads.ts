// One consumer's threads: starts them, takes what they publish, and when one ends by itself, or is ended since it blocks for
// too long, gives its entries to the next, which comes after a pause that grows.
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { type ErrorData, fromErrorData, PenstockError, toErrorData } from '../errors.js';
import { Service } from '../lifecycle.js';
import { claimedBelow, readHeld } from '../queue/held.js';
import type { Interval } from '../queue/interval-set.js';
import type { ThreadShared } from '../queue/shared.js';
import type { PendingRetry } from '../settlement/settle-record.js';
import { type ConsumerThreadsEvents, type ConsumerThreadsOptions, taskOf } from './consumer-options.js';
import type { FromThread, ToThread } from './protocol.js';
import { Publishes } from './publishes.js';
import { MOST_PAUSE_MS, RestartPauses } from './restart-pauses.js';
import { othersHaveClaimed, takeBackEntries } from './returned-entries.js';
import { type StallCounts, Stalls } from './stalls.js';
import { crashed, openFailed } from './thread-errors.js';
import { ThreadPool, type ThreadRun } from './thread-pool.js';

/** How long a delivery has, after its signal was aborted, before its thread is ended. */
const ABORT_GRACE_MS = 250;

/** How long a start waits for consumers that are opening, unless a stop is asked for. */
const START_PATIENCE_MS = 10_000;

/**
 * With so many threads that cannot be ended, each of which keeps its memory, no more are started. More than the default of
 * `maxCrashes`: a message that each of its deliveries is stuck in comes to be a dead letter before.
 */
const MOST_STUCK = 4;

/** One thread's place, through all its incarnations. */
interface Place {
  readonly index: number;
  readonly shared: ThreadShared;
  /** In {@link SuspectTurns}. */
  readonly suspectNumber: number;
  port: MessagePort | undefined;
  returned: readonly Interval[];
  /** Entries that are not settled and had failed before, for the next incarnation. */
  retries: readonly PendingRetry[];
  readonly pauses: RestartPauses;
  /** Why it is not running. */
  problem: string | undefined;
  wake: (() => void) | undefined;
}

export class ConsumerThreads extends Service {
  readonly #options: ConsumerThreadsOptions;
  readonly #events: ConsumerThreadsEvents;
  readonly #places: readonly Place[];
  readonly #stalls: Stalls;
  #pool: ThreadPool | undefined;
  #nextIncarnation: number;
  #stopping = false;
  #restarts = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ConsumerThreadsOptions, events: ConsumerThreadsEvents) {
    super();
    this.#options = options;
    this.#events = events;
    const { watchdog, killAfterMs, files, journalDirectory } = options;
    const { stallMs } = options.delivery;
    this.#stalls = new Stalls({ watchdog, stallMs, killAfterMs, files, journalDirectory }, events);
    this.#nextIncarnation = options.firstIncarnation;
    this.#places = options.queue.threads.map((shared, index) => ({
      index,
      shared,
      suspectNumber: options.suspectTurns.register(),
      port: undefined,
      // What threads have left that were there before this process was: none, unless it is a consumer's own.
      returned: readHeld(shared),
      retries: options.retries,
      pauses: new RestartPauses(),
      problem: undefined,
      wake: undefined,
    }));
  }

  /** Threads that ended by themselves, or could not open, and were tried again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Whether a thread could not be ended, so that only the end of the process ends it. */
  get stuck(): boolean {
    return (this.#pool?.stuck ?? 0) > 0;
  }

  get stalls(): StallCounts {
    return this.#stalls.counts;
  }

  /** Why a thread is not running, in one line; undefined when all run. */
  get problem(): string | undefined {
    return this.#places.find(({ problem }) => problem !== undefined)?.problem;
  }

  /**
   * Resolves when every thread has run its consumer's `open`, or has failed to and waits to be tried again; one that
   * takes long goes on opening, and the hub is not ready until it has.
   */
  protected override async onStart(): Promise<void> {
    const { maxMemoryMb, queue } = this.#options;
    const { threads } = queue.shape;
    this.#stopping = false;
    queue.stopping = false;
    // What a consumer left running can still fail between its end and its thread's.
    const failedAfterEnd = (error: unknown) => this.#events.failedAfterEnd(toErrorData(error));
    const pool = new ThreadPool({ threads, maxMemoryMb }, failedAfterEnd);
    this.#pool = pool;
    const first = this.#places.map(
      (place) =>
        new Promise<void>((tried) => {
          place.wake = tried;
        }),
    );
    this.#running = Promise.all(this.#places.map((place) => this.#keepRunning(place, pool))).then(() => {});
    const patience = setTimeoutPromise(START_PATIENCE_MS, undefined, { ref: false });
    await Promise.race([Promise.all(first), patience, this.stopAskedFor]);
  }

  /** Lets deliveries in flight finish within `drainTimeoutMs`; then ends their threads, and they stay queued. */
  protected override async onStop(): Promise<void> {
    const { queue, drainTimeoutMs } = this.#options;
    this.#stopping = true;
    queue.stopping = true;
    for (const { port, wake } of this.#places) {
      this.#tell(port, { type: 'stop' });
      wake?.();
    }
    const askToAbort = setTimeout(() => {
      for (const { port } of this.#places) this.#tell(port, { type: 'abort' });
    }, drainTimeoutMs);
    const end = setTimeout(() => this.#pool?.endAll(), drainTimeoutMs + ABORT_GRACE_MS);
    await this.#running;
    clearTimeout(askToAbort);
    clearTimeout(end);
    await this.#pool?.destroy();
  }

  async #keepRunning(place: Place, pool: ThreadPool): Promise<void> {
    while (!this.#stopping) {
      place.pauses.begins();
      const error = pool.stuck < MOST_STUCK ? await this.#runOnce(place, pool) : toErrorData(tooManyStuck(pool.stuck));
      if (this.#stopping) break;
      const pauseMs = place.pauses.ended();
      this.#restarts++;
      place.problem = `thread ${place.index}: ${error.message}`;
      place.shared.state = 'backoff';
      this.#events.failed(place.index, error, pauseMs);
      place.wake?.();
      await this.#pause(place, pauseMs);
    }
    place.shared.state = 'stopped';
    place.wake?.();
    this.#events.stopped(place.index);
  }

  /** Runs one incarnation of a thread to its end; what it held is taken back. */
  async #runOnce(place: Place, pool: ThreadPool): Promise<ErrorData> {
    const { port1, port2 } = new MessageChannel();
    place.port = port1;
    place.shared.state = 'starting';
    const task = taskOf(this.#options, place, this.#nextIncarnation++, port2);
    const run = pool.run(task, place.shared);
    this.#listen(place, port1, run);
    const endWatch = this.#stalls.watch(place.index, place.shared, run.end);
    const { cause, isStuck } = await run.ended;
    endWatch();
    place.port = undefined;
    port1.close();
    if (isStuck) this.#events.stuck(place.index);
    place.shared.state = 'stopped';
    this.#options.suspectTurns.takeBack(place.suspectNumber);
    await this.#takeBack(place);
    return toErrorData(cause instanceof PenstockError ? cause : crashed(cause));
  }

  #listen(place: Place, port: MessagePort, run: ThreadRun): void {
    const publishes = new Publishes(this.#options.enqueuer, port);
    port.on('message', (message: FromThread) => {
      switch (message.type) {
        case 'publish':
          publishes.take(message);
          break;
        case 'running':
          place.problem = undefined;
          place.pauses.runs();
          this.#events.started(place.index);
          place.wake?.();
          break;
        case 'halted':
          this.#events.halted(place.index, message.reason, message.exitCode);
          break;
        case 'failed':
          run.end(message.opened ? crashed(fromErrorData(message.error)) : openFailed(message.error));
          break;
      }
    });
  }

  /** Not before it is known what the ended thread has settled can another one take its place. */
  async #takeBack(place: Place): Promise<void> {
    const { files, queue, queueNumber, queueDirectory, retries } = this.#options;
    const settledDirectory = `${queueDirectory}/settled`;
    await othersHaveClaimed(queue, place.shared);
    for (;;) {
      try {
        const counted = place.retries;
        const left = takeBackEntries({ files, queue, queueNumber, settledDirectory, holder: place.index, counted });
        const cursor = claimedBelow(queue, place.shared);
        place.returned = left.returned;
        // Of entries that nobody had claimed yet, its successor knows no more than it did itself.
        place.retries = [...left.retries, ...retries.filter(({ ordinal }) => ordinal >= cursor)];
        this.#events.left(place.index, left.returned);
        return;
      } catch (cause) {
        if (this.#stopping) return;
        const error = toErrorData(cause);
        place.problem = `thread ${place.index}: ${error.message}`;
        this.#events.failed(place.index, error, MOST_PAUSE_MS);
        await this.#pause(place, MOST_PAUSE_MS);
      }
    }
  }

  #tell(port: MessagePort | undefined, message: ToThread): void {
    port?.postMessage(message);
  }

  #pause(place: Place, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      place.wake = () => {
        if (!this.#stopping) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const tooManyStuck = (stuck: number): PenstockError =>
  new PenstockError(
    'CONSUMER_STALLED',
    `${stuck} of its threads are inside calls that do not return and cannot be ended; none is started before one of them is gone, or the hub starts again; with isolation: "process" they could be ended`,
  );
