// Runs the model test's sequences, in shares that vitest can run side by side: each with a seed of its own, which is
// printed. PENSTOCK_TEST_SEED takes it again, and with it PENSTOCK_TEST_PATH, which a failure prints, runs just the
// sequence that failed; PENSTOCK_TEST_RUNS says how many sequences there are in all. With
// PENSTOCK_TEST_SHRINK=0 no time is spent on making one that failed smaller.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { vi } from 'vitest';
import { SettleLog } from '../../settlement/settle-log.js';
import { anySequence, type Sequence } from './any-sequence.fixture.js';
import { DeliveryRun } from './delivery-run.fixture.js';

/** How many test files share the sequences. */
const SHARES = 2;
const PATH = process.env.PENSTOCK_TEST_PATH;
const SEED = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** How many sequences each share has. */
export const SEQUENCES = Math.ceil(Number(process.env.PENSTOCK_TEST_RUNS ?? 10_000) / SHARES);

/** Then the one that failed is left as it is, however long: to see that something fails is enough. */
const endOnFailure = PATH !== undefined || process.env.PENSTOCK_TEST_SHRINK === '0';
/** So long a sequence that failed is made smaller; how long all of them take is no matter. */
const MOST_SHRINKING_MS = 600_000;

/** What a thread fails with by itself ends it; here it must not end this process. */
const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

let run: DeliveryRun | undefined;
const failed = (error: unknown): void => run?.failed(error);

/** @param share From 0. One sequence alone is run by the first. */
export async function runSequences(share: number): Promise<void> {
  if (PATH !== undefined && share > 0) return;
  const seed = SEED + share;
  console.log(`delivery-model, share ${share + 1}: PENSTOCK_TEST_SEED=${seed}`);
  const restoreListeners = takeFailures();
  const grown = vi.spyOn(SettleLog.prototype, 'grown', 'get');
  let sequences = 0;
  let endShrinkingMs = Number.POSITIVE_INFINITY;
  const property = fc.asyncProperty(anySequence, async (sequence) => {
    // Then no smaller one fails, and the smallest so far is the one that is told of.
    if (performance.now() > endShrinkingMs) return;
    let flushes = 0;
    grown.mockImplementation(() => ++flushes % sequence.compactEach === 0);
    try {
      await runOne(sequence);
    } catch (error) {
      endShrinkingMs = Math.min(endShrinkingMs, performance.now() + MOST_SHRINKING_MS);
      throw error;
    }
    sequences++;
  });
  try {
    const which = { numRuns: SEQUENCES, seed, ...(PATH === undefined ? {} : { path: PATH }) };
    await fc.assert(property, { ...which, endOnFailure });
  } finally {
    restoreListeners();
    grown.mockRestore();
  }
  assert(sequences >= (PATH === undefined ? SEQUENCES : 1), `${sequences} sequences were run`);
}

async function runOne({ consumers, steps, actions }: Sequence): Promise<void> {
  run = new DeliveryRun(consumers, steps);
  const restoreTime = run.time.install();
  try {
    await run.begin();
    for (const action of actions) await run.take(action);
    await run.finish();
  } finally {
    restoreTime();
  }
}

function takeFailures(): () => void {
  const before = EVENTS.map((event) => process.listeners(event as 'uncaughtException'));
  for (const event of EVENTS) {
    process.removeAllListeners(event);
    process.on(event, failed);
  }
  return () => {
    for (const [index, event] of EVENTS.entries()) {
      process.removeAllListeners(event);
      for (const listener of before[index] ?? []) process.on(event, listener);
    }
  };
}
