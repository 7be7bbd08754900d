// A round of one fault: a scratch project, its hub and its producers, so many cycles of the fault, and then the verdict. The
// hub is brought back after the last cycle, its queues run empty, it stops in order, and the oracle looks at all there is.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Evidence, judge, type Verdict } from '../oracle/oracle.js';
import type { Random } from '../random.js';
import { evidenceOf } from './evidence.js';
import type { Fault, Scene } from './fault.js';
import { Figures } from './figures.js';
import type { HubCommand } from './hub-process.js';
import { HubUnderTorture } from './hub-under-torture.js';
import { Producers } from './producers.js';
import { DRAIN_TIMEOUT_MS, ScratchProject } from './scratch-project.js';

const EMPTY_WITHIN_MS = 90_000;

const LOOK_EVERY_MS = 20;

/** So many problems are told one by one. */
const MOST_TOLD = 20;

export interface RoundOptions {
  /** How to run the `hub` command. */
  readonly command: HubCommand;
  /** The scratch directory: one that is not there yet, or empty. */
  readonly folder: string;
  readonly random: Random;
  /** How much longer than it promises the hub may take, in milliseconds: a machine has other things to do. */
  readonly slackMs: number;
  /** How long queues may take to run empty in the end, in milliseconds; 90,000 by default. What is queued then is a problem. */
  readonly emptyWithinMs?: number;
  /** Ends the round after the cycle that is under way. */
  readonly signal: AbortSignal;
  /** Added to the environment of the hub. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What came of a round, or of so much of it as there was. */
export interface RoundResult extends Omit<Verdict, 'violations'> {
  readonly cycles: number;
  /** All that is against the promise, a line each; empty when it was kept. */
  readonly problems: readonly string[];
}

export class Round implements Scene {
  readonly project: ScratchProject;
  readonly hub: HubUnderTorture;
  readonly producers: Producers;
  readonly random: Random;
  readonly slackMs: number;
  readonly signal: AbortSignal;
  readonly damaged = new Map<string, number>();
  /** What was measured. */
  readonly figures = new Figures();
  readonly #fault: Fault;
  readonly #emptyWithinMs: number;
  readonly #problems: string[] = [];
  #cycles = 0;

  constructor(fault: Fault, { command, folder, env, emptyWithinMs = EMPTY_WITHIN_MS, ...options }: RoundOptions) {
    this.#fault = fault;
    this.#emptyWithinMs = emptyWithinMs;
    this.random = options.random;
    this.slackMs = options.slackMs;
    this.signal = options.signal;
    this.project = new ScratchProject(folder, fault.settings);
    this.hub = new HubUnderTorture({
      command,
      project: this.project,
      env: { ...fault.environment?.(this.project), ...env },
    });
    this.producers = new Producers(this.project, fault.load);
  }

  /** Says that something is not as promised. */
  problem(what: string): void {
    this.#problems.push(`cycle ${this.#cycles}: ${what}`);
  }

  /** Whether anything was found so far that is not as promised. */
  get hasProblems(): boolean {
    return this.#problems.length > 0;
  }

  /** Messages accepted so far. */
  get accepted(): number {
    return this.producers.accepted;
  }

  get cycles(): number {
    return this.#cycles;
  }

  /**
   * Runs it to its end.
   *
   * @param goesOn Asked before each cycle but the first whether there is to be one more.
   * @throws What keeps it from being judged: a hub that cannot be started, a producer that is refused. Its processes are
   *   gone in any case.
   */
  async run(goesOn: () => boolean): Promise<RoundResult> {
    try {
      do {
        this.#cycles++;
        await this.#fault.cycle(this);
      } while (!this.signal.aborted && goesOn());
      return await this.#judged();
    } finally {
      await this.producers.stop();
      await this.hub.end();
    }
  }

  /** Has producers pause and consumers hurry; resolves when every judged queue is empty, or has had its time. */
  async emptied(): Promise<void> {
    await this.producers.pause();
    this.project.hurry = true;
    const judged = new Set(this.project.judged.map(({ consumer }) => consumer));
    const giveUpAtMs = performance.now() + this.#emptyWithinMs;
    let waiting: string[] = [];
    do {
      const { consumers } = await this.hub.running();
      waiting = consumers
        .filter(({ consumer, backlog }) => judged.has(consumer) && backlog > 0)
        .map((each) => each.consumer);
      if (waiting.length === 0) return;
      await sleep(LOOK_EVERY_MS);
    } while (performance.now() < giveUpAtMs);
    this.problem(`the queue of ${waiting.join(', ')} does not run empty`);
  }

  async #judged(): Promise<RoundResult> {
    await this.hub.running();
    await this.#fault.release?.(this);
    await this.emptied();
    const end = await this.hub.terminate(DRAIN_TIMEOUT_MS + this.slackMs + EMPTY_WITHIN_MS);
    if (end?.code !== 0) this.problem(`the last stop ended with ${end?.signal ?? `exit code ${end?.code}`}`);
    const { violations, ...counts } = judge(await this.#evidence());
    if (counts.accepted === 0) this.problem('no message was accepted, so that nothing was tried');
    for (const { kind, consumer, message, what } of violations) {
      this.problem(`${consumer}: ${message} is ${kind}: ${what}`);
    }
    this.#fault.judge?.(this);
    const told = this.#problems.slice(0, MOST_TOLD);
    const untold = this.#problems.length - told.length;
    return {
      ...counts,
      cycles: this.#cycles,
      problems: untold === 0 ? told : [...told, `and ${untold} more`],
    };
  }

  #evidence(): Promise<Evidence> {
    const { project, damaged } = this;
    return evidenceOf(project, { allInnocent: this.#fault.sparesLoad === true, damaged });
  }
}
