// What a check of a config tells, and that it leaves the disk as it was.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkConfig, type HubConfig } from '@penstock/hub';
import { beforeEach, expect, test } from 'vitest';
import { tempDir } from './support/temp-dir.js';

let baseDir: string;

beforeEach(() => {
  baseDir = tempDir();
  writeFileSync(
    join(baseDir, 'badges.mjs'),
    `export default class Badges { static topics = ['badges.>']; static threads = 2; consume() {} }`,
  );
});

const source = (name?: string) => ({
  type: 'bus',
  ...(name === undefined ? {} : { name }),
  description: 'SUB connect somewhere',
  create: () => {
    throw new Error('nothing is to be opened');
  },
});

const check = (config: HubConfig) => checkConfig(config, { baseDir, where: 'hub.config.ts' });

test('sources have the names they would have, consumers what class and config say together', async () => {
  const topology = await check({
    sources: [source(), source(), source('mine')],
    consumers: { badges: { module: './badges.mjs', concurrency: 5 } },
  });
  expect(topology).toEqual({
    dataDir: join(baseDir, 'data'),
    durable: true,
    http: { host: '127.0.0.1', port: 9464 },
    sources: [
      { source: 'bus', type: 'bus', description: 'SUB connect somewhere' },
      { source: 'bus-2', type: 'bus', description: 'SUB connect somewhere' },
      { source: 'mine', type: 'bus', description: 'SUB connect somewhere' },
    ],
    consumers: [
      {
        consumer: 'badges',
        module: './badges.mjs',
        className: 'Badges',
        topics: ['badges.>'],
        threads: 2,
        concurrency: 5,
        startFrom: 'new',
        order: 'none',
        retry: { maxAttempts: 20, backoff: { initialMs: 100, maxMs: 30_000, factor: 2, jitter: 0.2 } },
        maxRetrying: 1_000,
        batch: false,
        maxBatch: 100,
        maxWaitMs: 0,
        whenFull: 'block',
        isolation: 'thread',
        maxCrashes: 3,
        stallMs: 5_000,
        killAfterMs: 60_000,
        changed: ['threads', 'concurrency'],
      },
    ],
    warnings: [],
  });
});

test('nothing is made', async () => {
  await check({ sources: [source()], consumers: { badges: { module: './badges.mjs' } } });
  expect(readdirSync(baseDir)).toEqual(['badges.mjs']);
});

test('what keeps a hub from starting is thrown as the hub would', async () => {
  await expect(check({ consumers: { badges: { module: './none.mjs' } } })).rejects.toMatchObject({
    code: 'CONSUMER_LOAD_FAILED',
    message: `hub.config.ts: consumers.badges.module: there is no ${join(baseDir, 'none.mjs')}`,
  });
  await expect(check({ datadir: 'x' } as HubConfig)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

test('an ephemeral hub, and one without sources and consumers, are warned of', async () => {
  const { warnings, dataDir } = await check({ ephemeral: true });
  expect(dataDir).toBeUndefined();
  expect(warnings).toEqual([
    expect.stringMatching(/^the hub is ephemeral/),
    expect.stringMatching(/^there is no source/),
    expect.stringMatching(/^there is no consumer/),
  ]);
});

test('more threads than the machine runs well are warned of', async () => {
  const names = Array.from({ length: availableParallelism() + 1 }, (_, index) => `badges-${index}`);
  const consumers = Object.fromEntries(
    names.map((name) => [name, { module: './badges.mjs', threads: 16, topics: [name] }]),
  );
  const { warnings } = await check({ sources: [source()], consumers });
  expect(warnings).toEqual([expect.stringMatching(new RegExp(`^${names.length * 16} consumer threads are more than`))]);
});

test('two consumers that do the same are warned of; one that differs in its options is not one of them', async () => {
  const consumers = {
    first: { module: './badges.mjs', threads: 1 },
    second: { module: './badges.mjs' },
    third: { module: './badges.mjs', options: { language: 'en' } },
  };
  const { warnings } = await check({ sources: [source()], consumers });
  expect(warnings).toEqual([expect.stringMatching(/^consumers "first" and "second" are the same class/)]);
});

test('a queue whose consumer is gone is warned of, and stays as it is', async () => {
  const queue = join(baseDir, 'data/queues/3-old');
  mkdirSync(queue, { recursive: true });
  writeFileSync(join(queue, 'queue.json'), '{ "format": 1, "number": 3, "name": "old", "added": "2026-01-01" }');
  mkdirSync(join(baseDir, 'data/queues/4-begun'));
  const { warnings } = await check({ sources: [source()], consumers: { badges: { module: './badges.mjs' } } });
  expect(warnings).toEqual([expect.stringMatching(/^queue "old" has no consumer in the config.*"hub queue rm old"/)]);
  expect(existsSync(join(queue, 'queue.json')) && existsSync(join(baseDir, 'data/queues/4-begun'))).toBe(true);
});

test('a data directory that cannot be read is said so', async () => {
  mkdirSync(join(baseDir, 'data'));
  writeFileSync(join(baseDir, 'data/queues'), 'no directory');
  await expect(check({ consumers: {} })).rejects.toMatchObject({
    code: 'DATA_DIR_UNUSABLE',
    message: expect.stringContaining(join(baseDir, 'data')),
  });
});

test('what a consumer’s module misses is told of the module, not of what it was compiled to', async () => {
  const compiled = join(baseDir, 'compiled.mjs');
  writeFileSync(compiled, `import 'a-package-that-is-not-there';`);
  writeFileSync(join(baseDir, 'missing.ts'), '');
  const compileModule = async () => pathToFileURL(compiled).href;
  const checked = checkConfig({ consumers: { badges: { module: './missing.ts' } } }, { baseDir, compileModule });
  await expect(checked).rejects.toMatchObject({
    code: 'CONSUMER_LOAD_FAILED',
    message: expect.stringContaining(`'a-package-that-is-not-there' imported from ./missing.ts`),
  });
});
