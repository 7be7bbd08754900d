// A data directory belongs to one hub at a time, and to no older Penstock than the one that wrote it; an ephemeral
// hub's is gone with the hub, however that ends.
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { readDeliveries, readTexts } from './support/deliveries.js';
import { filesOf } from './support/files-of.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, backlogs, fixture, makeHub, numbers, publishNumbers, startHub } from './support/test-hub.js';

const module = fixture('record');

describe('a data directory', () => {
  it('is refused to a second hub before that has written anything', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const first = await startHub({ dataDir, consumers: { a: { module, options: { log } } } });
    await publishNumbers(first, 0, 10);
    await allSettled(first);
    const before = filesOf(dataDir);
    const second = await makeHub({ dataDir, consumers: { a: { module }, b: { module } } });
    await expect(second.start()).rejects.toMatchObject({
      code: 'DATA_DIR_LOCKED',
      message: expect.stringContaining(String(process.pid)),
    });
    expect(filesOf(dataDir)).toEqual(before);
    await first.publish('test.a', 'still here');
    await allSettled(first);
    await first.stop();
    await second.start();
    expect(backlogs(second)).toEqual({ a: 0, b: 0 });
  });

  it.each([
    { what: 'hub.json', spoil: (dataDir: string) => raiseFormat(join(dataDir, 'hub.json')) },
    { what: 'a queue', spoil: (dataDir: string) => raiseFormat(join(dataDir, 'queues/1-a/queue.json')) },
    { what: 'a segment', spoil: (dataDir: string) => raiseVersion(join(dataDir, 'journal'), '.seg') },
    { what: 'an index file', spoil: (dataDir: string) => raiseVersion(join(dataDir, 'queues/1-a'), '.idx') },
    { what: 'a settle log', spoil: (dataDir: string) => raiseVersion(join(dataDir, 'queues/1-a/settled'), '.log') },
  ])('is refused when a newer Penstock wrote $what, and works again with what wrote it', async ({ spoil }) => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const config = { dataDir, consumers: { a: { module, options: { log } } } };
    const first = await startHub(config);
    await publishNumbers(first, 0, 3);
    await allSettled(first);
    await first.stop();
    const undo = spoil(dataDir);
    const second = await makeHub(config);
    await expect(second.start()).rejects.toMatchObject({ code: 'DATA_FORMAT_UNSUPPORTED' });
    expect(second.state).toBe('stopped');
    undo();
    await second.start();
    await second.publish('test.a', 'again');
    await allSettled(second);
    expect(readDeliveries(log).map(({ text }) => text)).toEqual(['0', '1', '2', 'again']);
  });

  it('that cannot be made is refused by name', async () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'file'), '');
    const hub = await makeHub({ dataDir: join(folder, 'file', 'data'), consumers: {} });
    const refused = { code: 'DATA_DIR_UNUSABLE', message: expect.stringContaining(join(folder, 'file', 'data')) };
    await expect(hub.start()).rejects.toMatchObject(refused);
  });
});

describe('an ephemeral hub', () => {
  it('delivers like any other and leaves nothing behind', async () => {
    const log = join(tempDir(), 'log');
    const hub = await startHub({ ephemeral: true, consumers: { a: { module: fixture('record'), options: { log } } } });
    const { dataDir } = hub.snapshot();
    expect(existsSync(dataDir)).toBe(true);
    await publishNumbers(hub, 0, 100);
    await allSettled(hub);
    await hub.stop();
    expect(readTexts(log)).toEqual(numbers(0, 100));
    expect(existsSync(dataDir)).toBe(false);
    expect(backlogs(hub)).toEqual({ a: 0 });
  });

  it('takes its directory with it when its process exits without a stop', async () => {
    const child = Child.node(fixture('ephemeral-hub'), ['exit']);
    const [, dataDir] = await child.line(/^runs in (.*)$/);
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(existsSync(String(dataDir))).toBe(false);
  });

  it('removes what a killed one has left, and nothing of one that runs', async () => {
    const child = Child.node(fixture('ephemeral-hub'), ['stay']);
    const [, path] = await child.line(/^runs in (.*)$/);
    const dataDir = String(path);
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(join(dataDir, 'lock'), longAgo, longAgo);
    const config = { ephemeral: true, consumers: {} };
    await startHub(config);
    expect(existsSync(join(dataDir, 'hub.json'))).toBe(true);
    child.kill('SIGKILL');
    await child.ended;
    expect(existsSync(dataDir)).toBe(true);
    await startHub(config);
    expect(existsSync(dataDir)).toBe(false);
  });
});

/** Replaces a file's bytes; returns what puts the old ones back. */
function change(path: string, changed: (bytes: Buffer) => Buffer): () => void {
  const before = readFileSync(path);
  writeFileSync(path, changed(Buffer.from(before)));
  return () => writeFileSync(path, before);
}

function raiseFormat(path: string): () => void {
  return change(path, (bytes) => {
    const { checksum: _, ...content } = JSON.parse(bytes.toString());
    return Buffer.from(JSON.stringify({ ...content, format: 99 }));
  });
}

/** Every binary file of ours has its format version in the four bytes after its eight of magic. */
function raiseVersion(folder: string, extension: '.seg' | '.idx' | '.log'): () => void {
  const name = readdirSync(folder).findLast((each) => each.endsWith(extension));
  return change(join(folder, String(name)), (bytes) => {
    bytes.writeUInt32LE(99, 8);
    if (extension === '.log') {
      bytes.writeUInt32LE(crc32(bytes.subarray(0, 36)), 36);
      return bytes;
    }
    // Its checksum, at 16, is of all else in the header behind the magic.
    const end = extension === '.seg' ? bytes.readUInt32LE(12) : 48;
    bytes.writeUInt32LE(crc32(bytes.subarray(20, end), crc32(bytes.subarray(8, 16))), 16);
    return bytes;
  });
}
