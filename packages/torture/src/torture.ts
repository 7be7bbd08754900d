// A torture run: the faults in turn, a round of each, for as long as it was told to. What a round leaves on disk goes with it,
// unless something was wrong: then it is kept, for whoever is to find out.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Fault } from './harness/fault.js';
import { type Figure, Figures } from './harness/figures.js';
import type { HubCommand } from './harness/hub-process.js';
import { Round, type RoundResult } from './harness/round.js';
import { Random } from './random.js';

/** No round is longer, so that its notes fit in memory however long the run is. */
const MOST_ROUND_MS = 60_000;

/** How much longer than it promises a hub may take, in milliseconds, where other things run beside it. */
const SLACK_MS = 4_000;

export interface TortureOptions {
  /** What to run; see `FAULTS`. */
  readonly faults: readonly Fault[];
  /** How long to begin further cycles; each fault has one at least, so that a short run takes longer than this. */
  readonly minutes: number;
  /** The same seed does the same to the hub; when it gets round to it, the machine decides. */
  readonly seed: number;
  /** How to run the `hub` command. */
  readonly command: HubCommand;
  /** An empty directory, with a path of at most {@link MOST_FOLDER_BYTES} bytes. */
  readonly folder: string;
  /** Ends the run after the cycle that is under way; what was done by then is judged. */
  readonly signal: AbortSignal;
  /** Called whenever there is more to tell. */
  readonly onProgress: (standings: readonly Standing[]) => void;
}

/** A socket's path has 107 bytes at most, and some of them are needed below the directory. */
export const MOST_FOLDER_BYTES = 72;

type Counts = Pick<RoundResult, 'cycles' | 'accepted' | 'delivered' | 'lost' | 'duplicated' | 'deadLettered'>;

/** Where one fault stands, all its rounds together. */
export interface Standing extends Counts {
  readonly fault: string;
  /** `waiting`: its turn has not come; `skipped`: this machine lacks something for it; `done`: between rounds, or at the end. */
  readonly state: 'waiting' | 'running' | 'done' | 'skipped';
  /** What this machine lacks. */
  readonly missing: string | undefined;
  /** All that was against the promise, a line each. */
  readonly problems: readonly string[];
  /** Directories that were kept because of them. */
  readonly kept: readonly string[];
  /** What was measured, by name. */
  readonly figures: Readonly<Record<string, Figure>>;
}

const NOTHING: Counts = { cycles: 0, accepted: 0, delivered: 0, lost: 0, duplicated: 0, deadLettered: 0 };

/** One fault in the course of a run. */
class Turn {
  readonly #fault: Fault;
  readonly #missing: string | undefined;
  readonly #figures = new Figures();
  readonly #problems: string[] = [];
  readonly #kept: string[] = [];
  #done: Counts = NOTHING;
  #round: Round | undefined;

  constructor(fault: Fault) {
    this.#fault = fault;
    this.#missing = fault.missing();
  }

  get fault(): string {
    return this.#fault.name;
  }

  get isSkipped(): boolean {
    return this.#missing !== undefined;
  }

  get standing(): Standing {
    const { cycles, accepted } = this.#round ?? NOTHING;
    const rest = this.isSkipped ? 'skipped' : this.#done.cycles === 0 ? 'waiting' : 'done';
    return {
      ...this.#done,
      fault: this.#fault.name,
      state: this.#round === undefined ? rest : 'running',
      missing: this.#missing,
      cycles: this.#done.cycles + cycles,
      accepted: this.#done.accepted + accepted,
      problems: this.#problems,
      kept: this.#kept,
      figures: this.#figures.summary(),
    };
  }

  /** @param goesOn Asked after each cycle whether there is to be one more. */
  async run(
    options: Pick<TortureOptions, 'command' | 'folder' | 'signal'>,
    seed: number,
    goesOn: () => boolean,
  ): Promise<void> {
    const round = new Round(this.#fault, { ...options, random: new Random(seed), slackMs: SLACK_MS });
    this.#round = round;
    const problemsBefore = this.#problems.length;
    try {
      const { problems, ...counts } = await round.run(goesOn);
      this.#add(counts, problems);
    } catch (error) {
      this.#add({ ...NOTHING, cycles: round.cycles, accepted: round.accepted }, [(error as Error).message]);
    }
    this.#figures.merge(round.figures);
    this.#round = undefined;
    if (this.#problems.length === problemsBefore) rmSync(options.folder, { recursive: true, force: true });
    else this.#kept.push(options.folder);
  }

  #add(counts: Counts, problems: readonly string[]): void {
    const names = Object.keys(NOTHING) as (keyof Counts)[];
    this.#done = Object.fromEntries(names.map((name) => [name, this.#done[name] + counts[name]])) as unknown as Counts;
    this.#problems.push(...problems);
  }
}

/** Of a fault's name: its chance is the same whichever others run, so that what was found can be had again alone. */
const crcOf = (name: string): number => crc32(name) % 1_000;

/**
 * Runs the faults in turn, until the time is over or a signal comes.
 *
 * @returns Where each fault stands in the end. Nothing was lost and order held where all have no problems.
 */
export async function torture(options: TortureOptions): Promise<readonly Standing[]> {
  const { faults, minutes, seed, folder, signal, onProgress } = options;
  const turns = faults.map((fault) => new Turn(fault));
  const standings = () => turns.map(({ standing }) => standing);
  const running = turns.filter(({ isSkipped }) => !isSkipped);
  const endAtMs = performance.now() + minutes * 60_000;
  const roundMs = Math.min(MOST_ROUND_MS, (minutes * 60_000) / Math.max(1, running.length));
  onProgress(standings());
  for (let round = 1; running.length > 0 && !signal.aborted && (round === 1 || performance.now() < endAtMs); round++) {
    for (const turn of running) {
      if (signal.aborted || (round > 1 && performance.now() > endAtMs)) break;
      const roundEndAtMs = Math.min(performance.now() + roundMs, Math.max(endAtMs, performance.now()));
      const place = join(folder, `${round}-${turn.fault}`);
      await turn.run({ ...options, folder: place }, seed + round * 1_000 + crcOf(turn.fault), () => {
        onProgress(standings());
        return performance.now() < roundEndAtMs;
      });
      onProgress(standings());
    }
  }
  return standings();
}
