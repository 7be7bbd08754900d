// The table of a consumer's options, which stand in its class or in the config: types, checks, defaults and the text of
// docs/configuration.md. config.ts has those of the hub around it.
import { z } from 'zod';
import type { Isolation, Order, StartFrom, WhenFull } from './consumer.js';
import { patternProblem } from './topic.js';

const topics = z
  .array(
    z.string('must be a topic pattern').superRefine((pattern, context) => {
      const problem = patternProblem(pattern);
      if (problem !== undefined)
        context.addIssue({ code: 'custom', message: `is no topic pattern: it ${problem}`, params: { pattern: true } });
    }),
    'must be a list of topic patterns',
  )
  .min(1, 'must have at least one topic pattern');

/** A whole number within limits, both allowed. */
export const count = (low: number, high: number) => {
  const message = `must be a whole number from ${low} to ${high}`;
  return z.int(message).min(low, message).max(high, message);
};

/** What stands as a static in a consumer class, and can be overridden in the config. */
export const consumerSettingsShape = {
  topics: topics.describe(
    'Patterns of the topics the consumer gets: tokens split by ".", "*" one token, a last ">" the rest.',
  ),
  threads: count(1, 64).describe('Worker threads of this consumer.'),
  concurrency: count(1, 100_000).describe(
    'Deliveries in flight at once in one thread; of a class with consumeBatch, batches.',
  ),
  startFrom: z
    .union(
      [
        z.enum(['new', 'earliest']),
        z.strictObject({
          /** Of a message, as `message.position` and `hub tail --json` show it. */
          position: count(0, Number.MAX_SAFE_INTEGER).describe('Position of a message, as `hub tail --json` shows it.'),
        }),
        z.strictObject({
          /** ISO 8601 with its offset. */
          time: z.iso
            .datetime({ offset: true, error: 'must be a time in ISO 8601 with its offset' })
            .describe('A time in ISO 8601 with its offset, such as `2026-05-01T00:00:00Z`.'),
        }),
      ],
      'must be "new", "earliest", { position } or { time }',
    )
    .describe(
      'Where the queue begins when the consumer is first seen: what comes from now on, all the journal still holds, or what it holds from `{ position }` or `{ time }` (ISO 8601) on.',
    ),
  order: z
    .enum(['none', 'key', 'strict'], 'must be "none", "key" or "strict"')
    .describe(
      'Which deliveries wait for each other: none; those with the same `orderKey`; or each for the one before, for which `threads` and `concurrency` are 1.',
    ),
  orderKey: z
    .union(
      [
        z.strictObject({
          /** Name of a header. */
          header: z
            .string('must be the name of a header')
            .min(1, 'must be the name of a header')
            .describe('Name of a header.'),
        }),
        z.strictObject({
          /** Which token of the topic, from 0; negative counts from the end. */
          topicToken: count(-64, 63).describe('Which token of the topic, from 0; negative counts from the end.'),
        }),
      ],
      'must be { header } or { topicToken }',
    )
    .describe(
      'What makes messages belong together under `order: "key"`: `{ header: name }`, or `{ topicToken: n }`, from 0, negative from the end.',
    ),
  retry: z
    .strictObject(
      {
        maxAttempts: count(1, 65_535)
          .default(20)
          .describe('Deliveries that fail before a message becomes a dead letter.'),
        backoff: z
          .strictObject({
            initialMs: count(0, 86_400_000).default(100).describe('Wait after the first failure, in milliseconds.'),
            maxMs: count(0, 2_147_483_647).default(30_000).describe('Longest wait, in milliseconds.'),
            factor: z
              .number('must be a number from 1 to 100')
              .min(1, 'must be a number from 1 to 100')
              .max(100, 'must be a number from 1 to 100')
              .default(2)
              .describe('How many times as long each further wait is.'),
            jitter: z
              .number('must be a number from 0 to 1')
              .min(0, 'must be a number from 0 to 1')
              .max(1, 'must be a number from 0 to 1')
              .default(0.2)
              .describe('Up to which part of a wait is left off at random.'),
          })
          .prefault({})
          .describe('Waits between the deliveries of one message.'),
      },
      'must be an object of options',
    )
    .describe('What becomes of a message that failed.'),
  maxRetrying: count(1, 100_000).describe(
    'With so many messages waiting for a retry, or behind one of their key, no new one is taken.',
  ),
  timeoutMs: count(1, 2_147_483_647).describe(
    'How long a delivery may take, in milliseconds: then `context.signal` aborts, and it counts as failed.',
  ),
  rateLimit: z
    .strictObject(
      {
        messages: count(1, 100_000).describe(
          'Deliveries that may begin in any `perMs`, of all threads together, retries included.',
        ),
        perMs: count(1, 86_400_000).describe('The period, in milliseconds.'),
      },
      'must be { messages, perMs }',
    )
    .describe('Most deliveries in a period.'),
  maxBatch: count(1, 10_000).describe('Most messages that `consumeBatch` gets at once.'),
  maxWaitMs: count(0, 3_600_000).describe(
    'How long a batch that is not full waits for more, in milliseconds, from its first message on.',
  ),
  maxBacklog: z
    .strictObject(
      {
        messages: count(1, Number.MAX_SAFE_INTEGER).optional().describe('Entries enqueued and not settled.'),
        bytes: count(1, Number.MAX_SAFE_INTEGER).optional().describe('Bytes of their records.'),
      },
      'must be { messages, bytes }, or one of them',
    )
    .refine(
      ({ messages, bytes }) => messages !== undefined || bytes !== undefined,
      'must have messages, bytes, or both',
    )
    .describe('A bound on the backlog.'),
  whenFull: z
    .enum(['block', 'drop-oldest', 'dead-letter'], 'must be "block", "drop-oldest" or "dead-letter"')
    .describe(
      'What happens at `maxBacklog`: hold the sources that feed this queue, which slows the other consumers of these sources too; drop the oldest that wait; or make them dead letters.',
    ),
  isolation: z
    .enum(['thread', 'process'], 'must be "thread" or "process"')
    .describe(
      'Where the consumer runs: in threads of the hub, or in a process of its own, which can be killed whatever it does and takes nothing else with it.',
    ),
  maxCrashes: count(1, 255).describe(
    'Crashes of its thread or process during deliveries of one message before that becomes a dead letter.',
  ),
  stallMs: count(100, 86_400_000).describe(
    'A thread whose event loop has not turned for so long, in milliseconds, is reported, with the message that it works on.',
  ),
  killAfterMs: z
    .union([z.literal(false), count(100, 86_400_000)], 'must be false or a whole number from 100 to 86400000')
    .describe(
      'A thread whose event loop has not turned for so long, in milliseconds, is ended and started again, and its message counts a crash; false for never.',
    ),
  maxMemoryMb: count(16, 65_536).describe(
    'Heap limit of each of its threads, in MiB; `maxThreadMemoryMb` of the hub by default. With `isolation: "process"`, the process is killed when its resident memory is over 96 MiB, and for each thread this limit and 32 MiB more.',
  ),
  options: z.unknown().describe('Plain data handed to the consumer as `context.options`.'),
};

/** The defaults of a consumer's settings that neither its class nor the config gives. */
export const CONSUMER_DEFAULTS = {
  threads: 1,
  concurrency: 1,
  startFrom: 'new' as StartFrom,
  order: 'none' as Order,
  retry: {},
  maxRetrying: 1_000,
  maxBatch: 100,
  maxWaitMs: 0,
  whenFull: 'block' as WhenFull,
  isolation: 'thread' as Isolation,
  maxCrashes: 3,
  stallMs: 5_000,
  killAfterMs: 60_000,
};
