// Any consumers, and anything that can happen to a simulated hub, for fast-check.
import fc from 'fast-check';
import type { Crash } from './crashing-disk.fixture.js';
import type { SimulatedConsumer } from './simulated-queue.fixture.js';
import type { Action } from './storage-run.fixture.js';

/** What each consumer listens to; whether it is there, and with how many threads, changes with each start. */
const PATTERNS = { a: ['t.a', 't.ab'], b: ['t.b', 't.ab'], c: ['t.>'] };
const TOPICS = ['t.a', 't.b', 't.ab', 't.c', 'nobody'];

/** @param mostThreads Of each consumer. */
export const consumersWith = (mostThreads: number): fc.Arbitrary<SimulatedConsumer[]> =>
  fc
    .tuple(
      ...Object.entries(PATTERNS).map(([name, patterns]) =>
        fc.option(
          fc.record({
            name: fc.constant(name),
            patterns: fc.constant(patterns),
            threads: fc.nat({ max: mostThreads }),
            startFrom: fc.constantFrom('new' as const, 'earliest' as const),
          }),
          { freq: 5, nil: undefined },
        ),
      ),
    )
    .map((consumers) => consumers.filter((consumer) => consumer !== undefined));

const who = fc.nat({ max: 8 });
const loss = fc.constantFrom('kill' as const, 'power' as const);
/** In most cases by chance; without a seed all that was not synced is gone. */
const seed = fc.option(fc.nat(), { nil: undefined });
const crash = (most: number) => ({
  after: fc.nat({ max: most }),
  torn: fc.constantFrom(0, 0.3, 0.7, 0.99, 1),
  loss,
  seed,
  atSync: fc.nat({ max: 3 }).map((number) => number === 0),
});

/** A loss of power in the middle of a start. */
export const lossAtStart: fc.Arbitrary<Crash> = fc.record({ ...crash(80), loss: fc.constant('power' as const) });

/** What happens while a hub runs, and how it may end in the middle of that. */
const STEPS: { weight: number; arbitrary: fc.Arbitrary<Action> }[] = [
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
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('fail' as const, 'bury' as const), who, which: fc.nat({ max: 8 }) }),
  },
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
];

export const anyStep: fc.Arbitrary<Action> = fc.oneof(...STEPS);

export const anyAction: fc.Arbitrary<Action> = fc.oneof(...STEPS, {
  weight: 3,
  arbitrary: fc.record({
    do: fc.constant('restart' as const),
    how: fc.constantFrom('stop' as const, 'kill' as const, 'power' as const),
    seed,
    consumers: consumersWith(3),
    crashes: fc.array(fc.record(crash(100)), { maxLength: 2 }),
  }),
});
