// The one table of the hub's options: types, defaults, checks and the text of docs/configuration.md. Those of a single
// consumer are in consumer-settings.ts.
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { consumerSettingsShape, count } from './consumer-settings.js';
import { parseOptions } from './options.js';
import type { SourceDefinition } from './source/source.js';

/** What a consumer, and so its queue, may be called. */
const CONSUMER_NAME = /^[A-Za-z0-9_-]{1,64}$/;

const consumerSchema = z.strictObject({
  module: z
    .string('must be the path of a module')
    .min(1, 'must be the path of a module')
    .describe(
      'Path of the module whose default export is the consumer class, relative to the config file; or a package name.',
    ),
  ...z.object(consumerSettingsShape).partial().shape,
});

const isSource = (value: unknown): value is SourceDefinition =>
  typeof value === 'object' &&
  value !== null &&
  'create' in value &&
  typeof value.create === 'function' &&
  'type' in value;

/** Segments that `maxDiskBytes` holds at least: the one being written, which cannot go, must not take all of it. */
export const LEAST_SEGMENTS = 4;

const allOptions = z.strictObject(
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
    maxDiskBytes: count(1_048_576, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe(
        'How much the data directory may take, in bytes; by default half of what is free when the hub starts, and what it takes already. At it, sources pause, publish() rejects with DISK_LIMIT, and all goes on once consumers have settled enough. At least four times `segmentBytes`.',
      ),
    retain: z
      .strictObject(
        {
          forMs: count(0, Number.MAX_SAFE_INTEGER)
            .optional()
            .describe('Keep what is settled for at least so long, in milliseconds.'),
          bytes: count(0, Number.MAX_SAFE_INTEGER)
            .optional()
            .describe('Keep at most so many bytes of what is settled; the oldest goes first.'),
        },
        'must be { forMs, bytes }, or one of them',
      )
      .default({})
      .describe(
        'How long messages stay in the journal when every consumer has settled them, for `hub replay` and `startFrom`: without either, no longer.',
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

export const configSchema = allOptions.refine(
  ({ maxDiskBytes = Number.POSITIVE_INFINITY, segmentBytes }) => maxDiskBytes >= LEAST_SEGMENTS * segmentBytes,
  { path: ['maxDiskBytes'], error: `must be ${LEAST_SEGMENTS} times segmentBytes at least` },
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
