// Many trials, one after the other, from one seed.
import { randomFrom } from '../../support/random.js';
import { type History, makeHistory, runTrial } from './trial.js';

const DATA = '/data';

/** A history is damaged so many times, each time anew. */
const TRIALS_PER_HISTORY = 10;

export interface TrialsOptions {
  readonly trials: number;
  readonly seed: number;
  /** Whether what the hub counts as lost is left out: then it must be found missing. */
  readonly silenced?: boolean;
  /** Ends the trials once this is found. */
  readonly until?: RegExp;
}

export interface TrialsResult {
  /** The trials that did not end as promised, a paragraph each. */
  readonly failed: readonly string[];
  /** In how many the hub found damage. */
  readonly noticed: number;
}

export async function runTrials({ trials, seed, silenced = false, until }: TrialsOptions): Promise<TrialsResult> {
  const failed: string[] = [];
  let noticed = 0;
  let history: History | undefined;
  for (let trial = 0; trial < trials; trial++) {
    if (history === undefined || trial % TRIALS_PER_HISTORY === 0) {
      history = makeHistory(DATA, randomFrom(seed + trial));
    }
    try {
      const result = runTrial(DATA, history, randomFrom((seed ^ 0x5eed) + trial), { silenced });
      if (result.noticed) noticed++;
      if (result.violations.length > 0) failed.push(describeTrial(trial, result.done, result.violations));
    } catch (error) {
      failed.push(describeTrial(trial, [], [(error as Error).stack ?? String(error)]));
    }
    if (until !== undefined && failed.some((each) => until.test(each))) break;
    await turn();
  }
  return { failed, noticed };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const describeTrial = (trial: number, done: readonly object[], violations: readonly string[]): string =>
  `trial ${trial}: ${done.map((each) => JSON.stringify(each)).join(' ')}\n  ${violations.join('\n  ')}`;
