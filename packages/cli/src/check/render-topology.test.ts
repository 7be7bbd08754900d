import type { Topology, TopologyConsumer } from '@penstock/hub';
import { expect, test } from 'vitest';
import { PLAIN } from '../table/look.js';
import { renderTopology } from './render-topology.js';

/** A consumer with the settings that all have, but for `parts`. */
const consumer = (parts: Partial<TopologyConsumer> & { consumer: string }): TopologyConsumer => ({
  module: `./consumers/${parts.consumer}.ts`,
  className: '',
  batch: false,
  topics: ['>'],
  isolation: 'thread',
  maxCrashes: 3,
  stallMs: 5_000,
  killAfterMs: 60_000,
  threads: 1,
  concurrency: 1,
  startFrom: 'new',
  order: 'none',
  retry: { maxAttempts: 20, backoff: { initialMs: 100, maxMs: 30_000, factor: 2, jitter: 0.2 } },
  maxRetrying: 1_000,
  maxBatch: 100,
  maxWaitMs: 0,
  whenFull: 'block',
  changed: [],
  ...parts,
});

const topology: Topology = {
  dataDir: '/var/lib/badges',
  durable: true,
  http: { host: '127.0.0.1', port: 9464 },
  sources: [{ source: 'zeromq', type: 'zeromq', description: 'PULL bind tcp://127.0.0.1:9940' }],
  consumers: [
    consumer({
      consumer: 'badges',
      className: 'Badges',
      topics: ['org.example.badges.>', 'org.example.users.*'],
      threads: 2,
      concurrency: 10,
      startFrom: 'earliest',
      changed: ['threads', 'concurrency', 'startFrom'],
    }),
    consumer({ consumer: 'chat', module: 'chat-consumer' }),
  ],
  warnings: ['queue "old" has no consumer in the config'],
};

const CONSUMERS = `\
CONSUMER  MODULE                 CLASS      TOPICS                                    THREADS  CONCURRENCY  STARTS FROM
badges    ./consumers/badges.ts  Badges     org.example.badges.> org.example.users.*        2           10  earliest
chat      chat-consumer          (no name)  >                                               1            1  new`;

test('everything is in tables, warnings last', () => {
  expect(renderTopology(topology, 'hub.config.ts', PLAIN)).toBe(`\
config    hub.config.ts, in order
data      /var/lib/badges (durable)
metrics   http://127.0.0.1:9464/metrics

SOURCE  LISTENS TO
zeromq  PULL bind tcp://127.0.0.1:9940

${CONSUMERS}

warning: queue "old" has no consumer in the config`);
});

test('a hub with nothing in it says so', () => {
  const empty = { ...topology, dataDir: undefined, durable: false, http: false, sources: [], consumers: [] } as const;
  expect(renderTopology({ ...empty, warnings: [] }, 'hub.config.json', PLAIN)).toBe(`\
config    hub.config.json, in order
data      a temporary directory (ephemeral)
metrics   not served

no sources

no consumers`);
});

test.each([
  [{ host: '127.0.0.1', port: 0 }, 'on a free port of 127.0.0.1'],
  [{ host: '::1', port: 80 }, 'http://[::1]:80/metrics'],
])('%o reads %s', (http, text) => {
  expect(renderTopology({ ...topology, http }, 'hub.config.ts', PLAIN)).toContain(`metrics   ${text}\n`);
});

test('what is left on a narrow terminal are names, topics and threads', () => {
  const lines = renderTopology({ ...topology, warnings: [] }, 'hub.config.ts', { ...PLAIN, width: 40 }).split('\n');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
  expect(lines.at(-2)).toMatch(/^badges +org\.example\.badges.*… +2$/);
});

test('a consumer that is not delivered to as all are has a line that says how', () => {
  const retry = { maxAttempts: 1, backoff: { initialMs: 0, maxMs: 90_000, factor: 1.5, jitter: 0 } };
  const consumers = [
    consumer({ consumer: 'keyed', order: 'key', orderKey: { header: 'customer' }, retry, changed: ['order', 'retry'] }),
    consumer({ consumer: 'topical', order: 'key', orderKey: { topicToken: -1 }, changed: ['order', 'orderKey'] }),
    consumer({ consumer: 'strict', order: 'strict', timeoutMs: 5_000, changed: ['order', 'timeoutMs'] }),
    consumer({ consumer: 'plain' }),
    consumer({
      consumer: 'limited',
      rateLimit: { messages: 1_000, perMs: 60_000 },
      maxBacklog: { messages: 10_000, bytes: 1_048_576 },
      whenFull: 'drop-oldest',
      changed: ['rateLimit', 'maxBacklog', 'whenFull'],
    }),
    consumer({
      consumer: 'batches',
      batch: true,
      maxBatch: 500,
      maxWaitMs: 20,
      maxRetrying: 5,
      startFrom: { position: 4_096 },
      changed: ['maxBatch', 'maxWaitMs', 'maxRetrying', 'startFrom'],
    }),
    consumer({
      consumer: 'harmful',
      isolation: 'process',
      maxCrashes: 1,
      stallMs: 500,
      killAfterMs: 2_000,
      maxMemoryMb: 128,
      changed: ['isolation', 'maxCrashes', 'stallMs', 'killAfterMs', 'maxMemoryMb'],
    }),
    consumer({ consumer: 'debugged', killAfterMs: false, changed: ['killAfterMs'] }),
  ];
  const text = renderTopology({ ...topology, consumers, warnings: [] }, 'hub.config.ts', PLAIN);
  expect(text.split('\n\n').at(-1)).toBe(`\
keyed: order by key: header "customer"; 1 attempt, waits from 0 ms to 1m 30s (× 1.5, jitter 0 %)
topical: order by key: topic token -1
strict: strict order: one that fails holds up the rest; a delivery fails after 5.0 s
limited: at most 1,000 deliveries begin in 1m 00s; a backlog of at most 10,000 messages or 1.0 MiB, then drop-oldest
batches: batches of up to 500; a batch waits up to 20 ms for more; at most 5 wait for a retry
harmful: in a process of its own; a dead letter after 1 crash; told of when it blocks for 500 ms; ended when it blocks for 2.0 s; at most 128 MiB of heap a thread
debugged: never ended, however long it blocks`);
  expect(text).toMatch(/^batches .* position 4096$/m);
});
