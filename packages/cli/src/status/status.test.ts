import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { controlSocketPath } from '@penstock/hub/control';
import { afterEach, beforeEach, expect, test } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/hub.mjs', import.meta.url));

let folder: string;
let stub: Server;
let asked: number;

/** A hub's answer, as it travels over the control socket; the real hub is asked in test/cli.test.ts. */
const STATUS = {
  version: '0.1.0',
  state: 'running',
  pid: 4242,
  durable: true,
  dataDir: 'data',
  notReady: [],
  journal: { bytes: 1024, segments: 1 },
  disk: { bytes: 1024, limitBytes: 1_048_576 },
  sources: [],
  consumers: [
    {
      consumer: 'badges',
      state: 'running',
      threads: { starting: 0, running: 2, backoff: 0, stopped: 0 },
      backlog: 1204,
      inFlight: 2,
      retrying: 0,
      deadLetters: 0,
      droppedTotal: { consumer: 0, queueFull: 0 },
      oldestMessageAgeSeconds: 3,
      arrivalsPerSecond: 10,
      settledPerSecond: 5,
      catchUpSeconds: { $number: 'Infinity' },
    },
  ],
};

const ROW = /^badges +1,204 +2 +3\.0 s +10\.0 +5\.0 +never +2 +running$/m;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-status-'));
  mkdirSync(join(folder, 'data'));
  asked = 0;
  stub = createServer((_request, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(STATUS));
  });
  await once(stub.listen(controlSocketPath(join(folder, 'data'))), 'listening');
});
afterEach(() => {
  stub.close();
  rmSync(folder, { recursive: true });
});

const start = (...args: string[]): ChildProcess => spawn(process.execPath, [BIN, 'status', ...args], { cwd: folder });

async function output(child: ChildProcess) {
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map((stream) => text(stream as Readable)));
  return { exitCode: (await closed)[0], stdout: stdout as string, stderr: stderr as string };
}

test('piped, it is a plain table', async () => {
  const { exitCode, stdout, stderr } = await output(start('--data-dir', 'data'));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^hub {2}0\.1\.0 {2}running {2}pid 4242\n/);
  expect(stdout).toMatch(ROW);
  expect(stdout).not.toContain('\x1b');
});

test('the data directory is that of the config, relative to it', async () => {
  mkdirSync(join(folder, 'conf'));
  writeFileSync(join(folder, 'conf/my.config.ts'), `export default { dataDir: '../data' as string };`);
  expect((await output(start('--config', 'conf/my.config.ts'))).stdout).toMatch(ROW);
  writeFileSync(join(folder, 'hub.config.json'), '{}');
  expect((await output(start())).stdout, 'the default is ./data').toMatch(ROW);
});

test('--json is one object on one line, with what is endless as "+Inf"', async () => {
  const { stdout } = await output(start('--data-dir', 'data', '--json'));
  expect(stdout.trimEnd()).not.toContain('\n');
  expect(JSON.parse(stdout)).toEqual({
    ...STATUS,
    consumers: [{ ...STATUS.consumers[0], catchUpSeconds: '+Inf' }],
  });
});

test('--watch --json appends a line at each look until it is interrupted, which is no error', async () => {
  const child = start('--data-dir', 'data', '--json', '--watch', '0.1');
  const ended = output(child);
  while (asked < 3) await once(stub, 'request');
  child.kill('SIGINT');
  const { exitCode, stdout, stderr } = await ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.trimEnd().split('\n').length).toBeGreaterThanOrEqual(2);
});

test('--watch ends without an error when whoever reads has seen enough', async () => {
  const child = start('--data-dir', 'data', '--watch', '0.1');
  const closed = once(child, 'close');
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect(await closed).toEqual([0, null]);
});

test('--watch into a pipe ends with an error when the hub goes away', async () => {
  const child = start('--data-dir', 'data', '--watch', '0.1');
  const ended = output(child);
  await once(stub, 'request');
  stub.close();
  stub.closeAllConnections();
  expect(await ended).toMatchObject({ exitCode: 23, stderr: expect.stringContaining('no hub answers') });
});

test('where no hub answers, one line says on which data directory and what to do', async () => {
  const { exitCode, stdout, stderr } = await output(start('--data-dir', 'elsewhere'));
  expect({ exitCode, stdout }).toEqual({ exitCode: 23, stdout: '' });
  expect(stderr).toMatch(/^hub: no hub answers on data directory .*elsewhere: .*"hub run"\n$/);
});

test('an ephemeral hub is asked by the data directory that it printed, since its config does not know it', async () => {
  writeFileSync(join(folder, 'hub.config.json'), '{ "ephemeral": true }');
  const { exitCode, stderr } = await output(start());
  expect(exitCode).toBe(2);
  expect(stderr).toContain('with --data-dir');
});
