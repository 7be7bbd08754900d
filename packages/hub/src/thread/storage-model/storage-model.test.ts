// The storage core against a naive model: whatever is published, settled out of order, stopped, killed, deprived of
// power and started again, in any order and at any operation on the disk, nothing committed is lost, nothing
// settled comes again, and what nobody needs is gone.
//
// The seed is printed. PENSTOCK_TEST_SEED takes it again, and with it PENSTOCK_TEST_PATH, which a failure prints, runs
// just the sequence that failed; PENSTOCK_TEST_RUNS says how many sequences there are.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SimulatedConsumer } from './simulated-queue.fixture.js';
import { type Action, StorageRun } from './storage-run.fixture.js';

const SEQUENCES = Number(process.env.PENSTOCK_TEST_RUNS ?? 2_000);
const SEED = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const PATH = process.env.PENSTOCK_TEST_PATH;

/** What each consumer listens to; whether it is there, and with how many threads, changes with each start. */
const PATTERNS = { a: ['t.a', 't.ab'], b: ['t.b', 't.ab'], c: ['t.>'] };
const TOPICS = ['t.a', 't.b', 't.ab', 't.c', 'nobody'];

const anyConsumers: fc.Arbitrary<SimulatedConsumer[]> = fc
  .tuple(
    ...Object.entries(PATTERNS).map(([name, patterns]) =>
      fc.option(
        fc.record({
          name: fc.constant(name),
          patterns: fc.constant(patterns),
          threads: fc.nat({ max: 3 }),
          startFrom: fc.constantFrom('new' as const, 'earliest' as const),
        }),
        { freq: 5, nil: undefined },
      ),
    ),
  )
  .map((consumers) => consumers.filter((consumer) => consumer !== undefined));

const who = fc.nat({ max: 8 });
const loss = fc.constantFrom('kill' as const, 'power' as const);
const crash = (most: number) => ({ after: fc.nat({ max: most }), torn: fc.constantFrom(0, 0.3, 0.7, 0.99, 1), loss });
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      topics: fc.array(fc.constantFrom(...TOPICS), { minLength: 1, maxLength: 8 }),
      bytes: fc.nat({ max: 120 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      who,
      count: fc.integer({ min: 1, max: 6 }),
      most: fc.constantFrom(1, 2, 5, 256),
      settle: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle' as const), who, which: fc.nat({ max: 8 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'sync' as const, 'compact' as const), who }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reap' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('end thread' as const),
      who,
      how: fc.constantFrom('at once' as const, 'written' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('race' as const),
      who,
      count: fc.nat({ max: 6 }),
      most: fc.constantFrom(1, 2, 5),
      ends: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('drain' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash later' as const), ...crash(40) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      how: fc.constantFrom('stop' as const, 'kill' as const, 'power' as const),
      consumers: anyConsumers,
      crash: fc.option(fc.record(crash(100)), { nil: undefined }),
    }),
  },
);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it(`${SEQUENCES} random sequences on the storage core show what a naive model says`, { timeout: 600_000 }, async () => {
  console.log(`storage-model.test.ts: PENSTOCK_TEST_SEED=${SEED}`);
  let sequences = 0;
  await fc.assert(
    fc.asyncProperty(anyConsumers, fc.array(anyAction, { maxLength: 60, size: 'max' }), async (consumers, actions) => {
      const run = new StorageRun(consumers);
      for (const action of actions) run.take(action);
      run.finish();
      sequences++;
      await turn();
    }),
    { numRuns: SEQUENCES, seed: SEED, ...(PATH === undefined ? {} : { path: PATH, endOnFailure: true }) },
  );
  expect(sequences).toBeGreaterThanOrEqual(PATH === undefined ? SEQUENCES : 1);
});
