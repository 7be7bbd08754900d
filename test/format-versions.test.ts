// A data directory of the format before this one is upgraded at a start, whole or in as many starts as it takes; one of a
// newer format is refused, and stays as it is.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { auditDirectory, fsck } from '@penstock/hub/control';
import { describe, expect, it } from 'vitest';
import { readHubFile, writeHubFile } from '../packages/hub/dist/files/hub-file.js';
import { MemoryFiles } from '../packages/hub/dist/files/memory-files.js';
import { isOld, upgradeFormat } from '../packages/hub/dist/integrity/upgrade.js';
import { summarizeIndex } from '../packages/hub/dist/queue/index-file.js';
import { readDeliveries } from './support/deliveries.js';
import { filesOf } from './support/files-of.js';
import { type OldData, oldFiles, writeOldData } from './support/old-data.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, makeHub, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const OLD: readonly OldData[] = ['stopped', 'killed'];
const MESSAGES = 160;

describe.each(OLD)('a directory of format 1, %s', (which) => {
  it('is upgraded at a start: nothing is lost, and nothing that was settled comes again', async () => {
    const dataDir = join(tempDir(), 'data');
    writeOldData(which, dataDir);
    const log = (name: string) => ({ log: join(dataDir, '..', name) });
    const orderKey = { header: 'key' };
    const consumers = {
      // The hour that some of its messages were put off for is over, whenever this runs.
      worked: { module: fixture('put-off'), maxRetrying: 50, options: log('worked') },
      waiting: { module: fixture('record'), order: 'key' as const, orderKey, options: log('waiting') },
    };
    const hub = await startHub({ dataDir, segmentBytes: 65_536, consumers });
    expect(JSON.parse(readFileSync(join(dataDir, 'hub.json'), 'utf8'))).toMatchObject({ format: 2 });
    expect(readFileSync(join(dataDir, 'hub.json'), 'utf8')).not.toContain('upgradingFrom');
    await until('all that waits is delivered', () => consumerOf(hub, 'waiting').backlog === 0);
    const again = () => readDeliveries(join(dataDir, '..', 'worked'));
    await until('what was put off is again', () => again().length === 20 && consumerOf(hub, 'worked').retrying === 20);
    const got = readDeliveries(join(dataDir, '..', 'waiting'));
    expect(got.map(({ headers }) => headers.key)).toEqual(Array.from({ length: MESSAGES }, (_, n) => String(n % 5)));
    expect(new Set(got.map(({ position }) => position)).size).toBe(MESSAGES);
    expect(again().map(({ attempt }) => attempt)).toEqual(Array(20).fill(2));
    expect(consumerOf(hub, 'worked')).toMatchObject({ backlog: 20, retrying: 20, deadLetters: 40 });
    const { queues } = await auditDirectory(dataDir);
    expect(queues.map(({ consumer, enqueued, result }) => [consumer, enqueued, result])).toEqual([
      ['worked', MESSAGES, 'even'],
      ['waiting', MESSAGES, 'even'],
    ]);
    expect(queues[0]).toMatchObject({
      acknowledged: 80,
      deadLettered: { consumer: 20, attempts: 20 },
      dropped: { consumer: 20 },
      retrying: 20,
    });
    await publishNumbers(hub, 0, 3, 'test.more');
    await until(
      'new messages are delivered',
      () => consumerOf(hub, 'waiting').enqueuedTotal === 3 && consumerOf(hub, 'waiting').backlog === 0,
    );
    await hub.stop();
  });

  it('is upgraded in as many starts as it takes, cut off after any step by a kill or a loss of power', async () => {
    const steps = await countSteps(which);
    expect(steps).toBeGreaterThan(10);
    for (let step = 0; step < steps; step++) {
      for (const cutOff of ['loseProcess', 'losePower'] as const) {
        const files = inMemory(which);
        await expect(upgrade(files, step)).rejects.toThrow('cut off');
        files[cutOff]();
        expect(indexesOf(files).length, `${cutOff} after step ${step}`).toBe(indexesOf(inMemory(which)).length);
        await upgrade(files);
        expect(entriesOf(files), `${cutOff} after step ${step}`).toEqual(entriesOf(inMemory(which)));
        expect(readHubFile(files, DATA)).toMatchObject({ format: 2, hubId: readHubFile(inMemory(which), DATA)?.hubId });
        expect(files.list(DATA)).not.toContain('upgrade');
      }
    }
  });
});

const DATA = '/data';

function inMemory(which: OldData): MemoryFiles {
  const files = new MemoryFiles();
  for (const [path, bytes] of oldFiles(which)) {
    const whole = `${DATA}/${path}`;
    files.makeDirectory(whole.slice(0, whole.lastIndexOf('/')));
    const file = files.create(whole);
    file.append(bytes);
    file.sync();
    file.close();
    files.syncDirectory(whole.slice(0, whole.lastIndexOf('/')));
  }
  return files;
}

/** Upgrades as a start does, where there is anything to upgrade. @param steps How many changes to the disk succeed. */
async function upgrade(files: MemoryFiles, steps = Number.POSITIVE_INFINITY): Promise<void> {
  let left = steps;
  const changes = ['create', 'overwrite', 'append', 'sync', 'rename', 'remove', 'makeDirectory', 'syncDirectory'];
  files.hook = ({ kind }) => {
    if (!changes.includes(kind)) return undefined;
    return left-- > 0 ? undefined : { error: new Error('cut off') };
  };
  const hub = readHubFile(files, DATA);
  if (hub === undefined || !isOld(hub)) return;
  await upgradeFormat({
    files,
    dataDirectory: DATA,
    hub,
    write: (file) => writeHubFile(files, DATA, file),
    tell: () => {},
  });
  files.hook = undefined;
}

async function countSteps(which: OldData): Promise<number> {
  for (let steps = 1; ; steps *= 2) {
    const done = await upgrade(inMemory(which), steps).then(
      () => true,
      () => false,
    );
    if (!done) continue;
    let most = steps;
    while (
      await upgrade(inMemory(which), most - 1).then(
        () => true,
        () => false,
      )
    )
      most--;
    return most;
  }
}

const indexesOf = (files: MemoryFiles): string[] =>
  files
    .list(`${DATA}/queues`)
    .flatMap((queue) => files.list(`${DATA}/queues/${queue}`).map((name) => `${DATA}/queues/${queue}/${name}`))
    .filter((path) => path.endsWith('.idx'));

/** What the closed index files say, whatever their format. */
const entriesOf = (files: MemoryFiles) =>
  indexesOf(files).flatMap((path) => {
    const { closed, entries, bytes, reach, header } = summarizeIndex(files, path);
    return closed ? [{ path, entries, bytes, reach, base: header.baseOrdinal }] : [];
  });

it('index entries whose sum is not what their footer says are made anew from the journal', async () => {
  const files = inMemory('stopped');
  const [path] = indexesOf(files) as [string];
  const before = summarizeIndex(files, path);
  const spoiled = files.overwrite(path);
  const bytes = oldFiles('stopped').get(path.slice(DATA.length + 1)) as Buffer;
  // The length of the third entry.
  bytes.writeUInt32LE(7, 48 + 2 * 16 + 8);
  spoiled.append(bytes);
  spoiled.close();
  await upgrade(files);
  const after = summarizeIndex(files, path);
  expect(after).toMatchObject({ entries: before.entries, bytes: before.bytes, closed: true });
  expect(after.header.format).toBe(2);
});

describe('a directory in which something is of a newer format', () => {
  it.each([
    { what: 'hub.json', spoil: (dataDir: string) => raiseJson(join(dataDir, 'hub.json')) },
    { what: 'queue.json', spoil: (dataDir: string) => raiseJson(join(dataDir, 'queues/1-a/queue.json')) },
    { what: '.seg', spoil: (dataDir: string) => raise(join(dataDir, 'journal'), '.seg') },
    { what: '.idx', spoil: (dataDir: string) => raise(join(dataDir, 'queues/1-a'), '.idx') },
    { what: 'settled/', spoil: (dataDir: string) => raise(join(dataDir, 'queues/1-a/settled'), '.log') },
    { what: 'dead/', spoil: (dataDir: string) => raise(join(dataDir, 'queues/1-a/dead'), '.seg') },
  ])('is refused by file and version, and not written to: $what', async ({ what, spoil }) => {
    const dataDir = join(tempDir(), 'data');
    const options = { log: join(dataDir, '..', 'log') };
    const config = { dataDir, consumers: { a: { module: fixture('scripted'), options } } };
    const first = await startHub(config);
    await first.publish('test.a', JSON.stringify({ n: 1, do: ['dead'] }));
    await first.publish('test.a', JSON.stringify({ n: 2, do: ['ack'] }));
    await allSettled(first);
    await first.stop();
    spoil(dataDir);
    const unlocked = () => filesOf(dataDir).filter((line) => !line.includes('/lock '));
    const before = unlocked();
    const second = await makeHub(config);
    await expect(second.start()).rejects.toMatchObject({
      code: 'DATA_FORMAT_UNSUPPORTED',
      message: expect.stringMatching(
        new RegExp(`${what.replace('.', '\\.')}.* format 99; this Penstock reads up to \\d`),
      ),
    });
    await expect(fsck(dataDir, { repair: true, progress: () => {} })).rejects.toMatchObject({
      code: 'DATA_FORMAT_UNSUPPORTED',
    });
    expect(unlocked()).toEqual(before);
  });
});

function raiseJson(path: string): void {
  const { checksum: _, ...content } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...content, format: 99 }));
}

/** Every binary file of ours has its format version in the four bytes after its eight of magic, and a checksum of its header. */
function raise(folder: string, extension: '.seg' | '.idx' | '.log'): void {
  const path = join(folder, String(readdirSync(folder).findLast((name) => name.endsWith(extension))));
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(99, 8);
  const magic = bytes.toString('latin1', 0, 8);
  if (magic === 'PENSETTL') bytes.writeUInt32LE(crc32(bytes.subarray(0, 36)), 36);
  else if (magic === 'PENDEADL') bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  else {
    const end = magic === 'PENSTOCK' ? bytes.readUInt32LE(12) : 48;
    bytes.writeUInt32LE(crc32(bytes.subarray(20, end), crc32(bytes.subarray(8, 16))), 16);
  }
  writeFileSync(path, bytes);
}
