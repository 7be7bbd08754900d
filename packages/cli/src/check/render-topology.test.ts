import type { Topology } from '@penstock/hub';
import { expect, test } from 'vitest';
import { PLAIN } from '../table/look.js';
import { renderTopology } from './render-topology.js';

const topology: Topology = {
  dataDir: '/var/lib/badges',
  durable: true,
  http: { host: '127.0.0.1', port: 9464 },
  sources: [{ source: 'zeromq', type: 'zeromq', description: 'PULL bind tcp://127.0.0.1:9940' }],
  consumers: [
    {
      consumer: 'badges',
      module: './consumers/badges.ts',
      className: 'Badges',
      topics: ['org.example.badges.>', 'org.example.users.*'],
      threads: 2,
      concurrency: 10,
      startFrom: 'earliest',
    },
    {
      consumer: 'chat',
      module: 'chat-consumer',
      className: '',
      topics: ['>'],
      threads: 1,
      concurrency: 1,
      startFrom: 'new',
    },
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
