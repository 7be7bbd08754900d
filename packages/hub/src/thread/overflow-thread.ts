// The main thread's side of the overflow thread: starts it, writes its lines into the hub's log, and when it ends by
// itself takes back what it held and starts it again, after a pause that grows.
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Logger } from '../consumer-context.js';
import type { Files } from '../files/files.js';
import { Service } from '../lifecycle.js';
import type { Interval } from '../queue/interval-set.js';
import { QueueShared, type ThreadShared } from '../queue/shared.js';
import type { FromOverflow, OverflowData, OverflowTask, ToOverflow } from './overflow/protocol.js';
import { othersHaveClaimed, takeBackEntries } from './returned-entries.js';

/** Pauses before it is started again: doubled each time it ended within the longest, else the first. */
const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 30_000;

export interface OverflowThreadOptions {
  readonly files: Files;
  readonly durable: boolean;
  readonly journalDirectory: string;
  /** Position at which this run of the hub began to write. */
  readonly freshFrom: number;
  /** The queues that have a bound, as the first incarnation gets them. */
  readonly queues: readonly OverflowTask[];
  readonly log: Logger;
  /** Called with the entries that an ended incarnation left unsettled in a consumer's queue, before the next one begins. */
  readonly left: (consumer: string, entries: readonly Interval[]) => void;
}

/** A running incarnation. */
interface Running {
  readonly port: MessagePort;
  /** Resolves when the thread is gone, with why it ended. */
  readonly ended: Promise<Error | undefined>;
}

export class OverflowThread extends Service {
  readonly #options: OverflowThreadOptions;
  #queues: readonly OverflowTask[];
  #running: Running | undefined;
  #stopping = false;
  #supervising: Promise<void> = Promise.resolve();
  /** Ends the pause before a start. */
  #wake: (() => void) | undefined;

  constructor(options: OverflowThreadOptions) {
    super();
    this.#options = options;
    this.#queues = options.queues;
  }

  protected override async onStart(): Promise<void> {
    this.#stopping = false;
    this.#supervising = this.#supervise();
  }

  /** Resolves when what was taken out is written down, and the thread has ended. */
  protected override async onStop(): Promise<void> {
    this.#stopping = true;
    this.#running?.port.postMessage('stop' satisfies ToOverflow);
    this.#wake?.();
    await this.#supervising;
  }

  async #supervise(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#stopping) {
      const startedMs = performance.now();
      this.#running = this.#run();
      const error = await this.#running.ended;
      this.#running = undefined;
      if (this.#stopping) return;
      pauseMs = performance.now() - startedMs > MOST_PAUSE_MS ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, MOST_PAUSE_MS);
      const why = error?.message ?? 'its thread ended';
      this.#options.log.error(`taking the oldest out of full queues failed: ${why}; started again in ${pauseMs} ms`, {
        stack: error?.stack,
      });
      await this.#takeBack();
      // While it was at it, there was no pause that a stop could have ended.
      if (!this.#stopping) await this.#pause(pauseMs);
    }
  }

  #run(): Running {
    const { durable, journalDirectory, freshFrom, log } = this.#options;
    const { port1, port2 } = new MessageChannel();
    const workerData: OverflowData = { queues: this.#queues, durable, journalDirectory, freshFrom, port: port2 };
    const worker = new Worker(new URL('./overflow/main.js', import.meta.url), {
      name: 'penstock overflow',
      workerData,
      transferList: [port2],
    });
    const write = ({ level, text }: FromOverflow) => log[level](text);
    port1.on('message', write);
    const ended = new Promise<Error | undefined>((resolve) => {
      let failure: Error | undefined;
      worker.once('error', (error: Error) => {
        failure = error;
      });
      worker.once('exit', () => {
        // Its last lines may not have come to be events.
        for (let last = receiveMessageOnPort(port1); last !== undefined; last = receiveMessageOnPort(port1)) {
          write(last.message as FromOverflow);
        }
        port1.close();
        resolve(failure);
      });
    });
    return { port: port1, ended };
  }

  /** The next incarnation takes out what this one held: it was too much already. Tried until it succeeds. */
  async #takeBack(): Promise<void> {
    // All of them first: whoever else takes entries back waits for a holder that runs to make the claim that it tells of.
    for (const task of this.#queues) holderOf(task).state = 'stopped';
    const queues: OverflowTask[] = [];
    for (const task of this.#queues) {
      const next = await this.#takeBackFrom(task);
      if (next === undefined) return;
      queues.push(next);
    }
    this.#queues = queues;
  }

  /** Undefined when the hub stops first. */
  async #takeBackFrom(task: OverflowTask): Promise<OverflowTask | undefined> {
    const { files, log } = this.#options;
    const { queueNumber, queueDirectory, incarnation, consumer } = task;
    const queue = new QueueShared(task.shared, task.shape);
    await othersHaveClaimed(queue, holderOf(task));
    const settledDirectory = `${queueDirectory}/settled`;
    while (!this.#stopping) {
      try {
        const left = takeBackEntries({ files, queue, queueNumber, settledDirectory, holder: 'overflow' });
        this.#options.left(consumer, left.returned);
        return { ...task, ...left, incarnation: incarnation + 1 };
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        log.error(`the queue of consumer "${consumer}" cannot be read, and is not kept at its bound: ${why}`);
        await this.#pause(MOST_PAUSE_MS);
      }
    }
    return undefined;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const holderOf = ({ shared, shape }: OverflowTask): ThreadShared =>
  new QueueShared(shared, shape).overflow as ThreadShared;
