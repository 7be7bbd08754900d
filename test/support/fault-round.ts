// Runs rounds of @penstock/torture inside tests: with a printed seed, a scratch directory of the test's own, and patience for a
// machine that is five times slower; or with a protection switched off, for the positive controls.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Fault, Random, Round, type RoundResult } from '@penstock/torture';
import { onTestFinished } from 'vitest';
import { HUB } from './hub-project.js';
import { ROOT } from './source-files.js';
import { tempDir } from './temp-dir.js';

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

/** Runs a round to its end. What it leaves is gone with the test. */
export async function runRound(fault: Fault, options: FaultRoundOptions): Promise<RoundResult> {
  const seed = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${fault.name}: PENSTOCK_TEST_SEED=${seed}`);
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const round = new Round(fault, {
    command: { file: process.execPath, args: [HUB] },
    folder: join(tempDir(), fault.name),
    random: new Random(seed),
    slackMs: options.slackMs ?? SLACK_MS,
    ...(options.emptyWithinMs === undefined ? {} : { emptyWithinMs: options.emptyWithinMs }),
    signal: over.signal,
    env: environmentOf(options),
  });
  // A control has shown what it is to show with the first problem.
  const isControl = options.sabotage !== undefined || options.preload !== undefined;
  const isShown = () => isControl && round.hasProblems;
  const { cycles = Number.POSITIVE_INFINITY, forMs = Number.POSITIVE_INFINITY } = options;
  const endAtMs = performance.now() + forMs;
  const result = await round.run(() => round.cycles < cycles && performance.now() < endAtMs && !isShown());
  console.log(`${fault.name}: ${JSON.stringify({ ...result, figures: round.figures.summary() })}`);
  return result;
}

function environmentOf({ sabotage, preload }: FaultRoundOptions): Record<string, string> {
  const path = sabotage === undefined ? preload : join(ROOT, 'test/support/sabotage.mjs');
  if (path === undefined) return {};
  return {
    NODE_OPTIONS: `--import ${pathToFileURL(path).href}`,
    PENSTOCK_TEST_SABOTAGE: JSON.stringify(sabotage ?? []),
  };
}
