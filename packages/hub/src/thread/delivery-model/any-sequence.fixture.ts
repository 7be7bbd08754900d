// Any sequence for the model test: consumers with any settings, what they do with their deliveries, and what happens.
import fc from 'fast-check';
import type { ConsumerSettings, Order } from '../../consumer.js';
import { MOST_CRASHES } from '../../settlement/settle-record.js';
import type { ModelConsumer } from './delivery-queue.fixture.js';
import type { Action } from './delivery-run.fixture.js';
import type { Outcome, Step, When } from './delivery-script.fixture.js';

/** What each consumer listens to, and how often it tries; all else changes with each start. */
const CONSUMERS = {
  a: { patterns: ['t.>', 'd.b'], maxAttempts: 3 },
  b: { patterns: ['t.b', 't.b.>', 't.ab.>'], maxAttempts: 4 },
  c: { patterns: ['t.ab.>', 'd.a'], maxAttempts: 2 },
};
const TOPICS = ['t.a', 't.a.k1', 't.a.k2', 't.b.k1', 't.b.k3', 't.ab.k1', 't.ab.k2', 't.b', 't.c.k1', 'nobody'];
const HOUR_MS = 3_600_000;

const anySettings = (maxAttempts: number): fc.Arbitrary<Omit<ConsumerSettings, 'options'> & { batch: boolean }> =>
  fc
    .record({
      order: fc.constantFrom<Order>('none', 'none', 'key', 'strict'),
      threads: fc.integer({ min: 1, max: 2 }),
      concurrency: fc.integer({ min: 1, max: 4 }),
      batch: fc.boolean(),
      maxBatch: fc.integer({ min: 1, max: 4 }),
      maxWaitMs: fc.constantFrom(0, 0, 50),
      backoff: fc.record({
        initialMs: fc.constantFrom(1, 100, HOUR_MS),
        maxMs: fc.constant(2 * HOUR_MS),
        factor: fc.constantFrom(1, 2),
        jitter: fc.constantFrom(0, 0, 0.5),
      }),
      maxRetrying: fc.constantFrom(1, 2, 20),
      // Which message a thread has ended at often enough is said by thread/worker/crashes.test.ts.
      maxCrashes: fc.constant(MOST_CRASHES),
      timeoutMs: fc.constantFrom(undefined, 10, 2_000),
      rateLimit: fc.constantFrom(undefined, undefined, { messages: 2, perMs: 500 }),
    })
    .map(({ backoff, order, threads, concurrency, ...rest }) => ({
      ...rest,
      order,
      orderKey: order === 'key' ? { topicToken: 2 } : undefined,
      threads: order === 'strict' ? 1 : threads,
      concurrency: order === 'strict' ? 1 : concurrency,
      retry: { maxAttempts, backoff },
      whenFull: 'block' as const,
      maxBacklog: undefined,
    })) as unknown as fc.Arbitrary<Omit<ConsumerSettings, 'options'> & { batch: boolean }>;

/** Settings for all of them; a sequence has the first few. */
const anyConsumers: fc.Arbitrary<ModelConsumer[]> = fc.tuple(
  ...Object.entries(CONSUMERS).map(([name, { patterns, maxAttempts }]) =>
    anySettings(maxAttempts).map(({ batch, ...settings }) => ({ name, patterns, batch, settings })),
  ),
);

const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ do: 'ack' as const }) },
  { weight: 6, arbitrary: fc.constant({ do: 'throw' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('drop' as const, 'dead-letter' as const, 'hang' as const, 'publish' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'halt' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'kill thread' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('retry-after' as const), delayMs: fc.constantFrom(0, 7, 5_000, HOUR_MS) }),
  },
);

/** What is done with deliveries, one way or another by message and attempt. */
const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ outcome: anyOutcome, when: fc.constantFrom<When>('now', 'now', 'block', 'soon', 'held') }),
  { maxLength: 8 },
);

const who = fc.nat({ max: 2 });
const which = fc.nat({ max: 8 });
const loss = fc.constantFrom('kill' as const, 'power' as const);
const crash = (most: number) => ({ after: fc.nat({ max: most }), torn: fc.constantFrom(0, 0.3, 0.7, 0.99, 1), loss });

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      topics: fc.array(fc.constantFrom(...TOPICS), { minLength: 1, maxLength: 8 }),
      commit: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('sync' as const, 'reap' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(1, 10, 100, 1_000, 60_000, HOUR_MS, 2 * HOUR_MS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('set wall' as const), ms: fc.constantFrom(-2 * HOUR_MS, 2 * HOUR_MS) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('end' as const), which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('pause' as const, 'resume' as const, 'resume' as const, 'requeue' as const, 'purge' as const),
      who,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('replay' as const),
      who,
      from: fc.nat({ max: 100 }),
      until: fc.integer({ min: 50, max: 100 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill thread' as const), who, which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replace threads' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash later' as const), ...crash(40) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      how: fc.constantFrom('stop' as const, 'abort' as const, 'kill' as const, 'power' as const),
      consumers: anyConsumers,
      crash: fc.option(fc.record(crash(100)), { nil: undefined, freq: 3 }),
    }),
  },
);

export interface Sequence {
  readonly consumers: readonly ModelConsumer[];
  readonly steps: readonly Step[];
  readonly actions: readonly Action[];
  /** With each so many flushes, a settle log is taken to have grown so much that it is rewritten. */
  readonly compactEach: number;
}

export const anySequence: fc.Arbitrary<Sequence> = fc
  .record({
    queues: fc.integer({ min: 1, max: 3 }),
    consumers: anyConsumers,
    steps: anySteps,
    actions: fc.array(anyAction, { maxLength: 30, size: 'max' }),
    compactEach: fc.constantFrom(Number.POSITIVE_INFINITY, 1, 3),
  })
  .map(({ queues, consumers, steps, actions, compactEach }) => ({
    compactEach,
    consumers: consumers.slice(0, queues),
    steps,
    actions: actions.map((action) =>
      action.do === 'restart' ? { ...action, consumers: action.consumers.slice(0, queues) } : action,
    ),
  }));
