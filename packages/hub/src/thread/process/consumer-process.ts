// One consumer in a process of its own (`isolation: 'process'`), from the hub's main thread: starts the process, by way of
// a relay thread beside it, takes what it tells, and when it ends by itself, or has been killed, starts the next one.
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { PenstockError, toErrorData } from '../../errors.js';
import { Service } from '../../lifecycle.js';
import { MOST_PAUSE_MS, RestartPauses } from '../restart-pauses.js';
import { NO_STALLS, type StallCounts } from '../stalls.js';
import { takeBackProcess } from './process-end.js';
import type { ConsumerProcessEvents, ConsumerProcessOptions, ProcessBegin } from './process-options.js';
import { type ProcessRun, startProcess } from './process-run.js';
import type { ProcessEnd, ThreadEvent, ThreadsStanding } from './protocol.js';

/** How long a start waits for consumers that are opening, unless a stop is asked for. */
const START_PATIENCE_MS = 10_000;

/** Beside the heaps of its threads: for Node itself, and for what each thread has outside of its heap, in MiB. */
const PROCESS_MB = 96;
const THREAD_MB = 32;

export class ConsumerProcess extends Service {
  readonly #options: ConsumerProcessOptions;
  readonly #events: ConsumerProcessEvents;
  #begin: ProcessBegin;
  #process: ProcessRun | undefined;
  #stopping = false;
  /** Of processes that have ended, and of their threads. */
  #restarts = 0;
  #stallsBefore = { total: 0, killed: 0 };
  #standing: ThreadsStanding = NOTHING_YET;
  #problem: string | undefined;
  #residentBytes: number | undefined;
  #wake: (() => void) | undefined;
  readonly #pauses = new RestartPauses();
  #running: Promise<void> = Promise.resolve();

  constructor(options: ConsumerProcessOptions, events: ConsumerProcessEvents) {
    super();
    this.#options = options;
    this.#events = events;
    const { firstIncarnation, alreadySettled, retries, cautiousBelow } = options;
    this.#begin = { firstIncarnation, alreadySettled, retries, cautiousBelow };
  }

  /** Processes that ended by themselves or were killed, and threads in them, that were tried again. */
  get restarts(): number {
    return this.#restarts + this.#standing.restarts;
  }

  /** Why it is not running, in one line; undefined when all of it runs. */
  get problem(): string | undefined {
    return this.#problem ?? this.#standing.problem;
  }

  /** Whatever it is at, it can be killed. */
  readonly stuck = false;

  get stalls(): StallCounts {
    const { stalled, stallsTotal, stallsKilledTotal } = this.#standing.stalls;
    const { total, killed } = this.#stallsBefore;
    return { stalled, stallsTotal: total + stallsTotal, stallsKilledTotal: killed + stallsKilledTotal };
  }

  /** Memory that the process has in use, in bytes; undefined while there is none. */
  get processResidentBytes(): number | undefined {
    return this.#residentBytes;
  }

  /** Resolves when every thread has run its consumer's `open`, or something has failed and waits to be tried again. */
  protected override async onStart(): Promise<void> {
    this.#stopping = false;
    const tried = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#running = this.#keepRunning();
    const patience = setTimeoutPromise(START_PATIENCE_MS, undefined, { ref: false });
    await Promise.race([tried, patience, this.stopAskedFor]);
  }

  /** Lets deliveries in flight finish within `drainTimeoutMs`; then ends the process, and they stay queued. */
  protected override async onStop(): Promise<void> {
    this.#stopping = true;
    this.#process?.stop();
    this.#wake?.();
    await this.#running;
  }

  async #keepRunning(): Promise<void> {
    while (!this.#stopping) {
      this.#pauses.begins();
      const end = await this.#runOnce();
      const pauseMs = this.#pauses.ended();
      await this.#takeBack(end);
      if (this.#stopping) break;
      this.#restarts++;
      this.#failed(new PenstockError('CONSUMER_CRASHED', `its process ended: ${end.why}`), pauseMs);
      await this.#pause(pauseMs);
    }
    for (const thread of this.#options.queue.threads) thread.state = 'stopped';
  }

  /** Runs one process to its end. */
  async #runOnce(): Promise<ProcessEnd> {
    const { threads } = this.#options.queue.shape;
    let opening = threads;
    for (const thread of this.#options.queue.threads) thread.state = 'starting';
    this.#process = startProcess(this.#options, this.#begin, this.#residentLimitMb(threads), {
      event: (event) => {
        if (event.name === 'started' && --opening === 0) this.#allRun();
        if (event.name === 'failed') this.#wake?.();
        this.#tell(event);
      },
      standing: (standing) => {
        this.#standing = standing;
      },
      resident: (bytes) => {
        this.#residentBytes = bytes;
      },
    });
    const end = await this.#process.ended;
    this.#process = undefined;
    this.#residentBytes = undefined;
    const { restarts, stalls } = this.#standing;
    this.#restarts += restarts;
    this.#stallsBefore.total += stalls.stallsTotal;
    this.#stallsBefore.killed += stalls.stallsKilledTotal;
    this.#standing = NOTHING_YET;
    return end;
  }

  #residentLimitMb(threads: number): number {
    return PROCESS_MB + threads * (this.#options.maxMemoryMb + THREAD_MB);
  }

  #allRun(): void {
    this.#problem = undefined;
    this.#pauses.runs();
    this.#wake?.();
  }

  #tell({ name, args }: ThreadEvent): void {
    (this.#events[name] as (...args: unknown[]) => void)(...args);
  }

  /** Not before it is known what the ended process has settled can another one take its place. */
  async #takeBack(end: ProcessEnd): Promise<void> {
    const { files, queue, queueNumber, queueDirectory } = this.#options;
    const left = this.#events.left.bind(this.#events);
    for (;;) {
      try {
        this.#begin = takeBackProcess({ files, queue, queueNumber, queueDirectory, end, begin: this.#begin, left });
        return;
      } catch (cause) {
        if (this.#stopping) return;
        this.#failed(cause, MOST_PAUSE_MS);
        await this.#pause(MOST_PAUSE_MS);
      }
    }
  }

  #failed(cause: unknown, retryInMs: number): void {
    const error = toErrorData(cause);
    this.#problem = error.message;
    for (const thread of this.#options.queue.threads) thread.state = 'backoff';
    this.#events.processFailed(error, retryInMs);
    this.#wake?.();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        if (!this.#stopping) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const NOTHING_YET: ThreadsStanding = { restarts: 0, problem: undefined, stalls: NO_STALLS };
