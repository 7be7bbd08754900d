// Whatever the umask: everything in a data directory is its user's alone, directories with mode 0700 and files with 0600,
// while a hub works in it, after it was killed, and what was set aside of it.
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient, DeadLetterAccess, fsck, QueueAccess } from '@penstock/hub/control';
import { expect, it, onTestFinished } from 'vitest';
import { tempDir } from './support/temp-dir.js';
import { consumerOf, fixture, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

/** Everything in a directory that others than its user may read, write or enter, with its mode. */
function openToOthers(dataDir: string): string[] {
  return (readdirSync(dataDir, { recursive: true }) as string[]).flatMap((name) => {
    const stats = lstatSync(join(dataDir, name), { throwIfNoEntry: false });
    // Gone meanwhile.
    if (stats === undefined) return [];
    const mode = stats.mode & 0o777;
    return mode === (stats.isDirectory() ? 0o700 : 0o600) ? [] : [`${name} ${mode.toString(8)}`];
  });
}

function useUmask(mask: number): void {
  const before = process.umask(mask);
  onTestFinished(() => void process.umask(before));
}

const ENDS = ['ack', 'drop', 'dead', 'throw', 'later 3600000'];
const MESSAGES = 600;

it.each(['000', '022', '077'])('with umask %s nothing in a data directory is open to others', async (mask) => {
  useUmask(Number.parseInt(mask, 8));
  const dataDir = join(tempDir(), 'data');
  const options = { log: join(dataDir, '..', 'log') };
  const worked = {
    module: fixture('scripted'),
    maxRetrying: MESSAGES,
    retry: { maxAttempts: 2, backoff: { initialMs: 1, maxMs: 1 } },
    options,
  };
  const bounded = { module: fixture('hold'), maxBacklog: { messages: 10 }, whenFull: 'dead-letter' as const, options };
  const config = { dataDir, segmentBytes: 65_536, drainTimeoutMs: 50, consumers: { worked, bounded } };
  const hub = await startHub(config);
  const bodies = Array.from({ length: MESSAGES }, (_, n) =>
    JSON.stringify({ n, do: [ENDS[n % ENDS.length]], pad: 'x'.repeat(300) }),
  );
  for (let at = 0; at < MESSAGES; at += 20) {
    await Promise.all(bodies.slice(at, at + 20).map((body) => hub.publish('test.a', body)));
  }
  const open = MESSAGES / ENDS.length;
  await until('all is settled that is to be', () => consumerOf(hub, 'worked').backlog === open);
  const letters = await DeadLetterAccess.open(new QueueAccess(dataDir, undefined), 'worked');
  expect((await letters.change('purge', { ids: new Set([2]) }, () => {})).done).toBe(1);
  expect((await ControlClient.forDataDir(dataDir).status()).state).toBe('running');
  const names = readdirSync(dataDir, { recursive: true }) as string[];
  for (const kind of [
    /^lock$/,
    /^control\.sock$/,
    /^journal\/\d+\.seg$/,
    /\.idx$/,
    /settled\/t0-/,
    /dead\/t0-/,
    /removed-\d+\.log$/,
  ]) {
    expect(names, String(kind)).toContainEqual(expect.stringMatching(kind));
  }
  expect(openToOthers(dataDir)).toEqual([]);
  await hub.stop();

  // Damage, so that there is something to set aside.
  const logs = join(dataDir, 'queues/1-worked/settled');
  const log = join(logs, String(readdirSync(logs).find((name) => name.startsWith('t0-'))));
  const bytes = readFileSync(log);
  bytes[60] = (bytes[60] as number) ^ 1;
  writeFileSync(log, bytes);
  await fsck(dataDir, { repair: true, progress: () => {} });
  const second = await startHub(config);
  expect(readdirSync(join(dataDir, 'quarantine')).length).toBeGreaterThan(0);
  expect(openToOthers(dataDir)).toEqual([]);
  await second.stop();
  expect(openToOthers(dataDir)).toEqual([]);
});
