// `hub audit`: every entry of a queue is accounted for, with a running hub and without one, and one that is not is told of
// by consumer and number.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditDirectory } from '@penstock/hub/control';
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { HUB } from './support/hub-project.js';
import { QueueProject } from './support/queue-project.js';
import { tempDir } from './support/temp-dir.js';
import { consumerOf, fixture, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

interface AuditJson {
  readonly live: boolean;
  readonly queues: readonly (Record<string, number> & {
    readonly consumer: string;
    readonly result: string;
    readonly findings: readonly string[];
    readonly deadLettered: Record<string, number>;
    readonly dropped: Record<string, number>;
  })[];
}

async function audit(dataDir: string, ...args: string[]): Promise<{ code: number | null; lines: readonly string[] }> {
  const child = Child.node(HUB, ['audit', '--data-dir', dataDir, ...args]);
  const { code } = await child.ended;
  return { code, lines: child.lines };
}

async function auditJson(dataDir: string): Promise<AuditJson & { readonly code: number | null }> {
  const { code, lines } = await audit(dataDir, '--json');
  return { code, ...(JSON.parse(lines.find((line) => line.startsWith('{')) as string) as AuditJson) };
}

/** Of 60 messages: 30 acknowledged, 10 dropped, 10 dead by the consumer, 5 dead after their attempts, 5 that stay. */
const SCRIPTS = [
  ...Array.from({ length: 30 }, () => ['ack']),
  ...Array.from({ length: 10 }, () => ['drop']),
  ...Array.from({ length: 10 }, () => ['dead']),
  ...Array.from({ length: 5 }, () => ['throw']),
  ...Array.from({ length: 5 }, () => ['later 3600000']),
];

/** What all that comes to in the account of a queue. */
const ACCOUNT = {
  consumer: 'a',
  enqueued: 60,
  acknowledged: 30,
  damaged: 0,
  deadLettered: { consumer: 10, attempts: 5, crashes: 0, queueFull: 0, other: 0 },
  dropped: { consumer: 10, queueFull: 0, other: 0 },
  waiting: 0,
  inFlight: 0,
  retrying: 5,
  difference: 0,
  findings: [],
  result: 'even',
};

const retry = { maxAttempts: 3, backoff: { initialMs: 1, maxMs: 1 } };

/** A hub in a directory of its own, which has taken all messages and settled what is to be settled. */
async function withMessages() {
  const dataDir = join(tempDir(), 'data');
  const a = { module: fixture('scripted'), maxRetrying: 10, retry, options: { log: join(dataDir, '..', 'log') } };
  const full = {
    module: fixture('hold'),
    topics: ['full.>'],
    maxBacklog: { messages: 4 },
    options: { log: join(dataDir, '..', 'held') },
  };
  const bounded = { ...full, whenFull: 'drop-oldest' as const };
  const hub = await startHub({ dataDir, drainTimeoutMs: 50, segmentBytes: 65_536, consumers: { a, bounded } });
  await Promise.all(SCRIPTS.map((words, n) => hub.publish('test.a', JSON.stringify({ n, do: words }))));
  await publishNumbers(hub, 0, 20, 'full.b');
  await until(
    'all is settled that is to be',
    () => consumerOf(hub, 'a').retrying === 5 && consumerOf(hub, 'a').backlog === 5,
  );
  await until('the bound holds', () => consumerOf(hub, 'bounded').droppedTotal.queueFull >= 15);
  return { dataDir, hub };
}

const accountOf = ({ queues }: AuditJson, name: string) => queues.find(({ consumer }) => consumer === name);

describe('every entry is accounted for', () => {
  it('in a running hub, by outcome and reason, and in its files when it has stopped', async () => {
    const { dataDir, hub } = await withMessages();
    const live = await auditJson(dataDir);
    expect(live).toMatchObject({ code: 0, live: true });
    expect(accountOf(live, 'a')).toMatchObject(ACCOUNT);
    const bounded = accountOf(live, 'bounded');
    expect(bounded).toMatchObject({ enqueued: 20, acknowledged: 0, inFlight: 1, difference: 0, result: 'even' });
    expect(Number(bounded?.dropped.queueFull) + Number(bounded?.waiting)).toBe(19);
    await hub.stop();
    const stored = await auditDirectory(dataDir);
    expect(stored).toMatchObject({ live: false, queues: [ACCOUNT, { enqueued: 20, inFlight: 0, result: 'even' }] });
  });

  it('in a table, of the consumers that were named', async () => {
    const { dataDir } = await withMessages();
    const { lines } = await audit(dataDir, 'a');
    expect(lines.join('\n')).toMatch(/^CONSUMER +ENQUEUED +ACKNOWLEDGED .*\na +60 +30 .* even$/m);
    expect(lines).toContain('a: dead letters by reason: 10 consumer, 5 attempts');
    expect(lines.join('\n')).not.toContain('bounded');
  });

  it('through a restart, since there is the queue', async () => {
    const { dataDir, hub } = await withMessages();
    await hub.stop();
    const options = { log: join(dataDir, '..', 'log') };
    const second = await startHub({
      dataDir,
      drainTimeoutMs: 50,
      consumers: { a: { module: fixture('scripted'), options } },
    });
    await second.publish('test.a', JSON.stringify({ n: 99, do: ['ack'] }));
    await until('one more is settled', () => consumerOf(second, 'a').settledTotal.acknowledged === 1);
    const live = await auditJson(dataDir);
    expect(accountOf(live, 'a')).toMatchObject({ ...ACCOUNT, enqueued: 61, acknowledged: 31 });
    expect(live.queues.map(({ result }) => result)).toEqual(['even', 'even']);
  });

  it('while messages come and go without end', async () => {
    const dataDir = tempDir();
    const hub = await startHub({
      dataDir,
      consumers: { a: { module: fixture('scripted'), concurrency: 20, options: { log: join(dataDir, 'log') } } },
    });
    let goesOn = true;
    const traffic = (async () => {
      for (let n = 0; goesOn; n++) {
        await Promise.all(Array.from({ length: 20 }, () => hub.publish('test.a', JSON.stringify({ n, do: ['ack'] }))));
      }
    })();
    const live = await auditJson(dataDir);
    goesOn = false;
    await traffic;
    expect(live).toMatchObject({ code: 0, live: true });
    expect(accountOf(live, 'a')).toMatchObject({ difference: 0, result: 'even' });
  });
});

describe('what does not add up is told of by consumer and number', () => {
  it('when messages that wait are gone from the journal and from their queue', async () => {
    const { dataDir, hub } = await withMessages();
    await hub.stop();
    // Index files alone could be made anew.
    for (const folder of ['journal', 'queues/1-a']) {
      for (const name of readdirSync(join(dataDir, folder))) {
        if (/\.(seg|idx)$/.test(name)) rmSync(join(dataDir, folder, name));
      }
    }
    expect((await auditDirectory(dataDir)).queues).toMatchObject([
      { consumer: 'a', difference: 5, result: 'off', findings: [expect.stringContaining('have no index entry')] },
      { consumer: 'bounded', difference: 0, result: 'even' },
    ]);
  });

  it('when settle logs count more than they settle', async () => {
    const { dataDir, hub } = await withMessages();
    await hub.stop();
    const settled = join(dataDir, 'queues/1-a/settled');
    const log = join(settled, String(readdirSync(settled).find((name) => name.startsWith('t0-'))));
    const bytes = readFileSync(log);
    // What it says was acknowledged once more.
    const starts = Array.from({ length: bytes.length / 40 }, (_, index) => index * 40);
    const at = starts.find((start) => start > 0 && bytes[start + 4] === 1) as number;
    writeFileSync(log, Buffer.concat([bytes, bytes.subarray(at, at + 40)]));
    const [account] = (await auditDirectory(dataDir)).queues;
    expect(account).toMatchObject({
      result: 'off',
      findings: [expect.stringMatching(/were counted .* more than once/)],
    });
    expect(account?.difference).toBeLessThan(0);
  });
});

it('after a kill -9 the files add up too, and with a part of the journal gone the command says who misses what', async () => {
  const project = new QueueProject();
  project.configure(['kept', 'old'], [0, 600], 500);
  const hub = await project.run('--only', 'kept');
  await project.statusWhen(({ consumers }) => consumers[1]?.backlog === 600);
  hub.kill('SIGKILL');
  await hub.ended;
  const even = await auditJson(project.path('data'));
  expect(even).toMatchObject({ code: 0, live: false });
  expect(accountOf(even, 'old')).toMatchObject({ enqueued: 600, acknowledged: 0, waiting: 600, difference: 0 });
  expect(accountOf(even, 'kept')).toMatchObject({ enqueued: 600, difference: 0 });
  // Index files alone could be made anew.
  const [segment] = readdirSync(project.path('data/journal')).filter((name) => name.endsWith('.seg')) as [string];
  for (const path of [`journal/${segment}`, `queues/2-old/${segment.replace('.seg', '.idx')}`]) {
    rmSync(project.path(`data/${path}`));
  }
  const { code, lines } = await audit(project.path('data'));
  expect(code).toBe(60);
  expect(lines.at(-1)).toMatch(/^hub: consumer "old" has \d+ entries unaccounted for: .* have no index entry/);
});

it('a consumer that there is not is refused with those there are', async () => {
  const { dataDir } = await withMessages();
  const { code, lines } = await audit(dataDir, 'b');
  expect(code).toBe(50);
  expect(lines.join('\n')).toContain('there are: a, bounded');
});

it('a folder that is no data directory is refused, and stays as it is', async () => {
  const folder = tempDir();
  const { code, lines } = await audit(folder);
  expect({ code, lines: lines.length }).toEqual({ code: 15, lines: 1 });
  expect(readdirSync(folder)).toEqual([]);
});
