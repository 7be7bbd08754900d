// Starts and stops of whole hubs, by many callers at once and in any order: each stop ends, nothing is lost, nothing
// comes twice, and no thread, handle or file is left. (Parts without threads stand the same beside their sources.)
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Hub, HubConfig } from '@penstock/hub';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readTexts } from './support/deliveries.js';
import { type Holdings, holdings, noMoreThan } from './support/process-holdings.js';
import { randomFrom } from './support/random.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, makeHub, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const CALLERS = 10;
const STOP_WITHIN_MS = 5_000;

const record = fixture('record');

/** Starts and stops a hub once, so that what stays for good is there before anything is counted. */
async function holdingsAfterOneCycle(hub: Hub): Promise<Holdings> {
  await hub.start();
  await hub.stop();
  return holdings();
}

describe.skipIf(process.platform !== 'linux')(`${CALLERS} callers that start, publish and stop again and again`, () => {
  it.each([
    { kind: 'durable', ephemeral: false, http: { port: 0 }, rounds: 50 },
    { kind: 'ephemeral', ephemeral: true, http: false as const, rounds: 20 },
  ])(
    `have each stop of a $kind hub end within ${STOP_WITHIN_MS} ms, lose nothing, and leave nothing open`,
    async ({ ephemeral, http, rounds }) => {
      const folder = tempDir();
      const log = join(folder, 'log');
      const config: HubConfig = {
        dataDir: join(folder, 'data'),
        ephemeral,
        http,
        drainTimeoutMs: 60_000,
        consumers: { a: { module: record, options: { log } } },
      };
      const hub = await makeHub(config);
      const before = await holdingsAfterOneCycle(hub);
      const accepted: string[] = [];
      let slowestMs = 0;
      let cycles = 0;
      const directories = new Set<string>();
      hub.on('hub:stopped', () => {
        cycles++;
        directories.add(hub.snapshot().dataDir);
      });
      const caller = async (_: unknown, number: number) => {
        const random = randomFrom(number);
        for (let round = 0; round < rounds; round++) {
          const started = hub.start();
          if (random() < 0.5) await started;
          const text = `${number}:${round}`;
          await hub.publish('test.a', text).then(
            () => accepted.push(text),
            (error: unknown) => expect(error).toMatchObject({ code: 'HUB_NOT_RUNNING' }),
          );
          const startedAt = performance.now();
          await hub.stop();
          slowestMs = Math.max(slowestMs, performance.now() - startedAt);
          await started;
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
      await hub.stop();
      expect(hub.state).toBe('stopped');
      expect(cycles).toBeGreaterThan(10);
      expect(slowestMs).toBeLessThan(STOP_WITHIN_MS);
      await noMoreThan(before);
      expect([...directories].filter((directory) => existsSync(directory))).toHaveLength(ephemeral ? 0 : 1);
      expect(directories.size).toBe(ephemeral ? cycles : 1);

      if (!ephemeral) {
        await hub.start();
        await allSettled(hub);
        await hub.stop();
        expect(readTexts(log).toSorted()).toEqual(accepted.toSorted());
      }
      expect(accepted.length).toBeGreaterThan(0);
    },
  );
});

describe.skipIf(process.platform !== 'linux')('a start that fails', () => {
  it.each([
    { why: 'its port is taken', code: 'PORT_IN_USE' },
    { why: 'its data directory is locked', code: 'DATA_DIR_LOCKED' },
    { why: 'a consumer does not load', code: 'CONSUMER_LOAD_FAILED' },
    { why: 'a source does not start', code: 'SOURCE_START_FAILED' },
  ])('because $why leaves nothing open, however often, and works once that is put right', async ({ code }) => {
    const folder = tempDir();
    const dataDir = join(folder, 'data');
    const module = join(folder, 'late.mjs');
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    let sourceFails = code === 'SOURCE_START_FAILED';
    const hub = await makeHub({
      dataDir,
      http: code === 'PORT_IN_USE' ? { port: (server.address() as AddressInfo).port } : false,
      consumers: {
        a: { module: code === 'CONSUMER_LOAD_FAILED' ? module : record, options: { log: join(folder, 'log') } },
      },
      sources: [
        {
          type: 'moody',
          description: 'fails while it is told to',
          create: () => ({
            start: async () => {
              if (sourceFails) throw Object.assign(new Error('no bus'), { code: 'SOURCE_START_FAILED' });
            },
            stop: async () => {},
          }),
        },
      ],
    });
    const first = code === 'DATA_DIR_LOCKED' ? await startHub({ dataDir, consumers: {} }) : undefined;
    await expect(hub.start()).rejects.toMatchObject({ code });
    const before = holdings();
    for (let round = 0; round < 5; round++) await expect(hub.start()).rejects.toMatchObject({ code });
    expect(hub.state).toBe('stopped');
    await noMoreThan(before);

    await first?.stop();
    sourceFails = false;
    server.close();
    await once(server, 'close');
    writeFileSync(module, `export { default } from ${JSON.stringify(record)};\n`);
    await hub.start();
    await hub.publish('test.a', 'at last');
    await allSettled(hub);
    expect(readTexts(join(folder, 'log'))).toEqual(['at last']);
  });
});

describe.skipIf(process.platform !== 'linux')('threads that end by themselves', () => {
  it('leave nothing open', async () => {
    const folder = tempDir();
    const crashes = new Int32Array(new SharedArrayBuffer(4));
    const options = { log: join(folder, 'log'), crashes };
    const hub = await makeHub({
      dataDir: join(folder, 'data'),
      consumers: { a: { module: fixture('crash'), threads: 3, options } },
    });
    const before = await holdingsAfterOneCycle(hub);
    await hub.start();
    for (const [index, crash] of ['exit', 'throw', 'reject', 'exit', 'throw'].entries()) {
      crashes[0] = 1;
      await hub.publish('test.a', 'body', { crash });
      await until('it has ended and runs again', () => {
        const { restartsTotal, threads } = consumerOf(hub, 'a');
        return restartsTotal === index + 1 && threads.running === 3;
      });
    }
    await allSettled(hub);
    await hub.stop();
    await noMoreThan(before);
  });
});
