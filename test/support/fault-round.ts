// Runs rounds of @penstock/torture inside tests: with a printed seed, a scratch directory of the test's own, and patience for a
// machine that is five times slower; or with a protection switched off, for the positive controls.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Fault, Figures, Random, Round, type RoundResult } from '@penstock/torture';
import { onTestFinished } from 'vitest';
import { HUB } from './hub-project.js';
import { ROOT } from './source-files.js';
import { tempDir } from './temp-dir.js';

/** Cycles of one round: what is noted in it has to fit in memory, and what waits has to run empty, however many there are. */
const MOST_CYCLES = 50;

/** How much longer than it promises a hub may take in a test, in milliseconds. */
const SLACK_MS = 30_000;

/** A change of a module of ours, as sabotage.mjs takes it. */
export interface Sabotage {
  /** The end of its path. */
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

export interface FaultRoundOptions {
  /** How many cycles … */
  readonly cycles?: number;
  /** … or for how long, in milliseconds. */
  readonly forMs?: number;
  /** What is switched off, in modules that are loaded with `import`: those of the hub's main thread, not of consumers' … */
  readonly sabotage?: readonly Sabotage[];
  /** … or the path of a preload that does it by itself. */
  readonly preload?: string;
  readonly slackMs?: number;
  /** How long queues may take to run empty, in milliseconds. */
  readonly emptyWithinMs?: number;
}

/** Answers that a message is accepted, and keeps it in memory for an hour before it is written. */
export const ANSWERS_BEFORE_WRITING: readonly Sabotage[] = [
  { module: '/hub/dist/enqueuer/enqueuer.js', from: 'committed() {', to: 'committed() { return Promise.resolve();' },
  {
    module: '/hub/dist/enqueuer/enqueuer.js',
    from: 'setImmediate(() => this.flush())',
    to: 'setTimeout(() => this.flush(), 3_600_000)',
  },
];

/** What `PENSTOCK_FAULT_SIZE` says, for long runs; else what CI takes. */
export const faultSize = (inCi: number): number => Number(process.env.PENSTOCK_FAULT_SIZE ?? inCi);

/** Runs so many cycles to their end, in as many rounds as that takes. What they leave is gone with the test. */
export async function runRound(fault: Fault, options: FaultRoundOptions): Promise<RoundResult> {
  const seed = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${fault.name}: PENSTOCK_TEST_SEED=${seed}`);
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const { cycles = Number.POSITIVE_INFINITY, forMs = Number.POSITIVE_INFINITY } = options;
  const endAtMs = performance.now() + forMs;
  // A control has shown what it is to show with the first problem.
  const isControl = options.sabotage !== undefined || options.preload !== undefined;
  const random = new Random(seed);
  const figures = new Figures();
  let done: RoundResult | undefined;
  for (;;) {
    const round = roundOf(fault, options, random, over.signal);
    const most = Math.min(cycles - (done?.cycles ?? 0), forMs < Number.POSITIVE_INFINITY ? cycles : MOST_CYCLES);
    const isShown = () => isControl && round.hasProblems;
    const result = await round.run(() => round.cycles < most && performance.now() < endAtMs && !isShown());
    figures.merge(round.figures);
    done = done === undefined ? result : together(done, result);
    if (done.problems.length > 0 || done.cycles >= cycles || performance.now() >= endAtMs || over.signal.aborted) break;
    rmSync(round.project.folder, { recursive: true, force: true });
  }
  console.log(`${fault.name}: ${JSON.stringify({ ...done, figures: figures.summary() })}`);
  return done;
}

function roundOf(fault: Fault, options: FaultRoundOptions, random: Random, signal: AbortSignal): Round {
  return new Round(fault, {
    command: { file: process.execPath, args: [HUB] },
    folder: join(tempDir(), fault.name),
    random,
    slackMs: options.slackMs ?? SLACK_MS,
    ...(options.emptyWithinMs === undefined ? {} : { emptyWithinMs: options.emptyWithinMs }),
    signal,
    env: environmentOf(options),
  });
}

/** What two rounds have come to. */
function together({ problems, ...counts }: RoundResult, other: RoundResult): RoundResult {
  const names = Object.keys(counts) as (keyof typeof counts)[];
  const sums = Object.fromEntries(names.map((name) => [name, counts[name] + other[name]])) as typeof counts;
  return { ...sums, problems: [...problems, ...other.problems] };
}

function environmentOf({ sabotage, preload }: FaultRoundOptions): Record<string, string> {
  const path = sabotage === undefined ? preload : join(ROOT, 'test/support/sabotage.mjs');
  if (path === undefined) return {};
  return {
    NODE_OPTIONS: `--import ${pathToFileURL(path).href}`,
    PENSTOCK_TEST_SABOTAGE: JSON.stringify(sabotage ?? []),
  };
}
