// The one table of the hub's options: types, defaults, checks and the text of docs/configuration.md.
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { StartFrom } from './consumer.js';
import { parseOptions } from './options.js';
import type { SourceDefinition } from './source/source.js';
import { patternProblem } from './topic.js';

/** What a consumer, and so its queue, may be called. */
const CONSUMER_NAME = /^[A-Za-z0-9_-]{1,64}$/;

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

const count = (low: number, high: number) => {
  const message = `must be a whole number from ${low} to ${high}`;
  return z.int(message).min(low, message).max(high, message);
};

/** What stands as a static in a consumer class, and can be overridden in the config. */
export const consumerSettingsShape = {
  topics: topics.describe(
    'Patterns of the topics the consumer gets: tokens split by ".", "*" one token, a last ">" the rest.',
  ),
  threads: count(1, 64).describe('Worker threads of this consumer.'),
  concurrency: count(1, 10_000).describe('Deliveries in flight at once in one thread.'),
  startFrom: z
    .enum(['new', 'earliest'], 'must be "new" or "earliest"')
    .describe(
      'Where the queue begins when the consumer is first seen: what comes from now on, or all the journal still holds.',
    ),
  options: z.unknown().describe('Plain data handed to the consumer as `context.options`.'),
};

/** The defaults of a consumer's settings that neither its class nor the config gives. */
export const CONSUMER_DEFAULTS = { threads: 1, concurrency: 1, startFrom: 'new' as StartFrom };

const consumerSchema = z.strictObject({
  module: z
    .string('must be the path of a module')
    .min(1, 'must be the path of a module')
    .describe(
      'Path of the module whose default export is the consumer class, relative to the config file; or a package name.',
    ),
  topics: consumerSettingsShape.topics.optional(),
  threads: consumerSettingsShape.threads.optional(),
  concurrency: consumerSettingsShape.concurrency.optional(),
  startFrom: consumerSettingsShape.startFrom.optional(),
  options: consumerSettingsShape.options.optional(),
});

const isSource = (value: unknown): value is SourceDefinition =>
  typeof value === 'object' &&
  value !== null &&
  'create' in value &&
  typeof value.create === 'function' &&
  'type' in value;

export const configSchema = z.strictObject(
  {
    dataDir: z
      .string('must be a path')
      .min(1, 'must be a path')
      .default('./data')
      .describe('Directory of the journal and the queues, relative to the config file. One hub per directory.'),
    ephemeral: z
      .boolean('must be true or false')
      .default(false)
      .describe(
        'Keep journal and queues in a temporary directory, in memory where there is one, without syncing; removed at exit.',
      ),
    sources: z
      .array(
        z.custom<SourceDefinition>(isSource, 'must be a source such as zeromq({ … })'),
        'must be a list of sources',
      )
      .default([])
      .describe('The buses to listen to.'),
    consumers: z
      .record(
        z.string().regex(CONSUMER_NAME, 'must be a consumer name: 1 to 64 letters, digits, "_" or "-"'),
        consumerSchema,
        'must be an object of consumers by name',
      )
      .default({})
      .describe('The consumers by name. The name is the queue’s: rename it and it is another queue.'),
    http: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            host: z
              .string('must be a host name or address')
              .min(1)
              .default('127.0.0.1')
              .describe('Address to listen on.'),
            port: count(0, 65_535).default(9464).describe('Port to listen on; 0 takes a free one.'),
          }),
        ],
        'must be false or { host, port }',
      )
      .prefault({})
      .describe('Where /metrics, /livez and /readyz are served; false for nowhere.'),
    log: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
          .default('info')
          .describe('The least level that is written.'),
        format: z
          .enum(['text', 'json'], 'must be "text" or "json"')
          .default('text')
          .describe('Lines for people, or one JSON object a line.'),
        linesPerSecond: count(1, 1_000_000)
          .default(200)
          .describe('Most lines a second from one consumer thread; what is over is counted, and the count is written.'),
      })
      .prefault({})
      .describe('Log lines on standard error.'),
    drainTimeoutMs: count(0, 86_400_000)
      .default(10_000)
      .describe(
        'How long deliveries in flight may take to finish at stop, in milliseconds; then their threads are ended and they stay queued.',
      ),
    maxUncommittedBytes: count(65_536, 1_073_741_824)
      .default(33_554_432)
      .describe(
        'How much may wait for its commit, in bytes. Beyond it publish() rejects with UNCOMMITTED_LIMIT, and sources pause.',
      ),
    maxMessageBytes: count(1, 268_435_456)
      .default(16_777_216)
      .describe('The largest message taken, in bytes of topic and body.'),
    segmentBytes: count(65_536, 1_073_741_824)
      .default(67_108_864)
      .describe(
        'Size at which a journal segment is closed and the next one begun, in bytes. Disk space comes back a segment at a time.',
      ),
    maxThreadMemoryMb: count(16, 65_536)
      .default(512)
      .describe('Heap limit of one consumer thread, in MiB; a thread that goes over it is ended and started again.'),
  },
  'must be an object of options',
);

/** What a user writes. */
export interface HubConfig extends z.input<typeof configSchema> {}

/** The same with every default filled in. */
export type ResolvedConfig = z.output<typeof configSchema>;

export type ConsumerConfig = z.output<typeof consumerSchema>;

/**
 * Checks a config and fills in its defaults.
 *
 * @param where How messages name it, such as `hub.config.ts`.
 * @throws CONFIG_INVALID, one line for each problem; TOPIC_PATTERN_INVALID when only patterns are wrong.
 */
export function parseConfig(config: unknown, where: string): ResolvedConfig {
  return parseOptions(configSchema, config, where);
}

/** Threads beyond which a check of the config warns: each is a thread of the operating system. */
export const manyThreads = (): number => 16 * availableParallelism();
