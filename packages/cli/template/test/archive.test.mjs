// Runs the consumer as `hub run` does, in a thread with a queue of its own: the hub is real, only in this process and
// with its files in memory.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compileModule, stopCompiler } from '@penstock/cli';
import { createHub } from '@penstock/hub';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** Resolves when every consumer has done all it was given. */
async function allDone(hub) {
  while (hub.snapshot().consumers.some(({ backlog }) => backlog > 0)) await delay(10);
}

test('a message is kept, with its topic and text', { timeout: 60_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'archive-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'archive.jsonl');
  const hub = await createHub(
    {
      ephemeral: true,
      http: false,
      log: { level: 'warn' },
      consumers: { archive: { module: './consumers/archive.ts', options: { file } } },
    },
    { baseDir: PROJECT, compileModule },
  );
  t.after(() => hub.stop());
  await hub.start().finally(stopCompiler);

  await hub.publish('example.hello', 'Hello');
  await hub.publish('other.topic', 'not for this consumer');
  await allDone(hub);

  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const kept = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    kept.map(({ topic, text }) => ({ topic, text })),
    [{ topic: 'example.hello', text: 'Hello' }],
  );
});
