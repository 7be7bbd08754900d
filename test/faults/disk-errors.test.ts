// A disk that fails: after a failed write or sync nothing more is accepted, the hub says why and starts again from what is
// on the disk, and everything that was accepted is delivered. What fails of one consumer's files is that consumer's affair.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConsumerSnapshot } from '@penstock/hub';
import { ControlClient } from '@penstock/hub/control';
import { expect, it } from 'vitest';
import { readTexts } from '../support/deliveries.js';
import { type DiskError, FaultyDisk } from '../support/faulty-disk.js';
import { HubProject } from '../support/hub-project.js';
import { missingForC, named } from '../support/missing-tools.js';
import { NumberedProducer, numbersIn } from '../support/numbered-producer.js';
import { ROOT } from '../support/source-files.js';
import { fixture } from '../support/test-hub.js';
import { until } from '../support/until.js';

const missing = missingForC();

/** A consumer that writes down what it gets, and one beside it. */
function makeProject(more: Readonly<Record<string, unknown>> = {}): HubProject {
  const module = fixture('record');
  const consumers = {
    first: { module, options: { log: './first.log' }, ...more },
    second: { module, options: { log: './second.log' } },
  };
  // Small, so that segments end and begin as well.
  return new HubProject({ 'hub.config.json': JSON.stringify({ http: false, segmentBytes: 65_536, consumers }) });
}

const received = (project: HubProject, log: string): Set<number> => new Set(numbersIn(readTexts(project.path(log))));

/** Waits until both consumers have got all that was accepted. */
async function allDelivered(project: HubProject, { accepted }: NumberedProducer): Promise<void> {
  for (const log of ['first.log', 'second.log']) {
    await until(`all that was accepted is in ${log}`, () => {
      const got = received(project, log);
      return accepted.every((number) => got.has(number));
    });
  }
}

/** Waits until every backlog is 0; what the hub says of its consumers then. */
async function allSettled(project: HubProject): Promise<readonly ConsumerSnapshot[]> {
  const client = ControlClient.forDataDir(project.path('data'));
  return until('every backlog is 0', async () => {
    const { consumers } = await client.status();
    return consumers.every(({ backlog }) => backlog === 0) && consumers;
  });
}

const JOURNAL_ERRORS: readonly (DiskError & { readonly what: string })[] = [
  { what: 'a sync of a segment', call: 'fdatasync', error: 'EIO', on: '.seg', nth: 7 },
  { what: 'a sync of a segment for want of space', call: 'fdatasync', error: 'ENOSPC', on: '.seg', nth: 3 },
  { what: 'a write to a segment', call: 'pwrite64', error: 'EIO', on: '.seg', nth: 5 },
  { what: 'a write to a segment for want of space', call: 'pwrite64', error: 'ENOSPC', on: '.seg', nth: 2 },
  { what: 'a write to an index file', call: 'pwrite64', error: 'EIO', on: '.idx', nth: 4 },
  { what: 'a sync of an index file, as its segment ends', call: 'fdatasync', error: 'EIO', on: '.idx' },
  { what: 'cutting a segment, as it ends', call: 'ftruncate64', error: 'EIO', on: '.seg' },
  { what: 'a sync of the names of segments', call: 'fsync', error: 'EIO', on: '/journal' },
];

it.skipIf(missing !== undefined).each(JOURNAL_ERRORS.map((error) => [named(error.what, missing), error] as const))(
  'after %s fails nothing is accepted, until the hub has started again; all that was is delivered',
  async (_, error) => {
    const disk = new FaultyDisk();
    const project = makeProject();
    const hub = project.supervised([], { env: disk.env });
    await hub.ready();
    const producer = new NumberedProducer(project.path('data'), 'test.x', () => disk.hasFailed);
    await producer.publishAll(20);
    disk.fail(error);
    let refusal: Error | undefined;
    // With 200 bytes each, a segment ends after some three hundred.
    while (refusal === undefined) refusal = await producer.publish();
    expect(disk.hasFailed, refusal.message).toBe(true);
    expect(producer.late).toEqual([]);
    await hub.child.line(
      new RegExp(`the journal cannot be written: ${error.error}: .*${error.on.replace('.', '\\.')}`),
    );
    await hub.ready(1);
    disk.heal();
    await producer.publishAll(20);
    await allDelivered(project, producer);
  },
);

it.skipIf(missing !== undefined)(
  named('a hub without a supervisor ends with JOURNAL_FAILED, and names file and error', missing),
  async () => {
    const disk = new FaultyDisk();
    const project = makeProject();
    const hub = project.hub(['run'], { env: disk.env });
    await hub.line(/^hub: ready$/);
    const producer = new NumberedProducer(project.path('data'), 'test.x', () => disk.hasFailed);
    await producer.publishAll(5);
    disk.fail({ call: 'fdatasync', error: 'EIO', on: '.seg' });
    expect(await producer.publish()).toBeDefined();
    expect(await hub.ended).toEqual({ code: 21, signal: null });
    expect(hub.output).toMatch(/EIO: .*fdatasync.*data\/journal\/\d+\.seg/);
  },
);

it.skipIf(missing !== undefined).each(
  (
    [
      { what: 'a write to a settle log', call: 'pwrite64', error: 'EIO', on: '-first/settled/' },
      { what: 'a write to a settle log for want of space', call: 'pwrite64', error: 'ENOSPC', on: '-first/settled/' },
      { what: 'a sync of a settle log', call: 'fdatasync', error: 'EIO', on: '-first/settled/t0' },
    ] as const
  ).map((error) => [named(error.what, missing), error] as const),
)('after %s fails, its consumer starts again and gets what was not settled; the others go on', async (_, error) => {
  const disk = new FaultyDisk();
  const project = makeProject();
  const hub = project.hub(['run'], { env: disk.env });
  await hub.line(/^hub: ready$/);
  const producer = new NumberedProducer(project.path('data'), 'test.x');
  disk.fail(error);
  await until('the disk has failed', async () => {
    await producer.publishAll(1);
    return disk.hasFailed;
  });
  disk.heal();
  await producer.publishAll(20);
  await allDelivered(project, producer);
  const consumers = await allSettled(project);
  expect(consumers.map(({ restartsTotal }) => restartsTotal)).toEqual([1, 0]);
  expect(hub.output).toMatch(new RegExp(`${error.error}: .*-first/settled/`));
});

it.skipIf(missing !== undefined).each([
  [named('a sync', missing), { call: 'fdatasync', error: 'EIO', on: '-first/dead/' }],
  [named('a write', missing), { call: 'pwrite64', error: 'ENOSPC', on: '-first/dead/' }],
] as const)('after %s of dead letters fails they are written anew; none is lost', async (_, error) => {
  const disk = new FaultyDisk();
  const retry = { maxAttempts: 1, backoff: { initialMs: 10, maxMs: 10 } };
  const failing = { module: fixture('fail'), options: { log: './first.log', failures: 1_000 }, retry };
  const project = makeProject(failing);
  const hub = project.hub(['run'], { env: disk.env });
  await hub.line(/^hub: ready$/);
  const producer = new NumberedProducer(project.path('data'), 'test.bad');
  await producer.publishAll(5);
  disk.fail(error);
  await until('the disk has failed', async () => {
    await producer.publishAll(1);
    return disk.hasFailed;
  });
  const consumers = await allSettled(project);
  expect(consumers.map(({ deadLetters }) => deadLetters)).toEqual([producer.accepted.length, 0]);
  expect(hub.output).toMatch(/the dead letter of .* cannot be written/);
});

it.skipIf(missing !== undefined)(
  named('positive control: a hub that takes no notice of a failed sync is found to accept after it', missing),
  async () => {
    const disk = new FaultyDisk();
    const project = makeProject();
    const sabotage = [
      {
        module: 'files/node-files.js',
        from: 'fdatasyncSync(this.#descriptor);',
        to: 'try { fdatasyncSync(this.#descriptor); } catch {}',
      },
    ];
    const preload = pathToFileURL(join(ROOT, 'test/support/sabotage.mjs')).href;
    const env = { ...disk.env, NODE_OPTIONS: `--import ${preload}`, PENSTOCK_TEST_SABOTAGE: JSON.stringify(sabotage) };
    const hub = project.hub(['run'], { env });
    await hub.line(/^hub: ready$/);
    const producer = new NumberedProducer(project.path('data'), 'test.x', () => disk.hasFailed);
    await producer.publishAll(5);
    disk.fail({ call: 'fdatasync', error: 'EIO', on: '.seg' });
    await producer.publish();
    expect(disk.hasFailed).toBe(true);
    await producer.publish();
    expect(producer.late).toHaveLength(1);
  },
);
