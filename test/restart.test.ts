// What a stop and a start keep: every queue continues where it stood, queues outlive their consumers, and a data
// directory belongs to one hub at a time. On the built hub, with its real threads.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { readDeliveries, readTexts } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { tempDir } from './support/temp-dir.js';
import {
  allSettled,
  backlogs,
  consumerOf,
  fixture,
  makeHub,
  numbers,
  publishNumbers,
  startHub,
} from './support/test-hub.js';
import { until } from './support/until.js';

const module = fixture('record');

/** Small, so that a test fills several. */
const SEGMENT_BYTES = 65_536;

const segmentsOf = (dataDir: string): string[] =>
  readdirSync(join(dataDir, 'journal')).filter((name) => name.endsWith('.seg'));

/** Every file under a directory with its size and the time of its last change. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      return `${path} ${size} ${mtimeMs}`;
    })
    .toSorted();
}

describe('after a stop in order', () => {
  it('nothing that was settled comes again, and what waited comes in its order', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const config = { dataDir, drainTimeoutMs: 50, consumers: { a: { module, options: { log, gate: gate.memory } } } };
    const first = await startHub(config);
    gate.allow(4);
    await publishNumbers(first, 0, 10);
    await until('4 are settled', () => consumerOf(first, 'a').backlog === 6);
    await until('the fifth waits in consume()', () => readTexts(log).length === 5);
    await first.stop();

    gate.open();
    const second = await startHub(config);
    await allSettled(second);
    await second.stop();
    const third = await startHub(config);
    await third.publish('test.last', 'last');
    await allSettled(third);
    expect(readTexts(log)).toEqual([...numbers(0, 5), ...numbers(4, 10), 'last']);
  });

  it('what completed out of order stays settled, and just the rest comes again', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const options = { log, gate: gate.memory, gatedTopic: 'test.held' };
    const config = { dataDir, drainTimeoutMs: 50, consumers: { a: { module, concurrency: 16, options } } };
    const first = await startHub(config);
    const isHeld = (number: string) => Number(number) % 3 === 1;
    const held = numbers(0, 30).filter(isHeld);
    await Promise.all(numbers(0, 30).map((number) => first.publish(isHeld(number) ? 'test.held' : 'test.a', number)));
    await until('all but the held ones are settled', () => consumerOf(first, 'a').backlog === held.length);
    await first.stop();
    expect(readTexts(log)).toEqual(numbers(0, 30));

    gate.open();
    const second = await startHub(config);
    await allSettled(second);
    expect(readTexts(log)).toEqual([...numbers(0, 30), ...held]);
    expect(consumerOf(second, 'a')).toMatchObject({ settledTotal: { acknowledged: held.length }, backlogBytes: 0 });
  });

  it('a queue continues with another number of threads and of deliveries at a time', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const config = { dataDir, drainTimeoutMs: 50 };
    for (const [round, { threads, concurrency }] of [
      { threads: 4, concurrency: 3 },
      { threads: 1, concurrency: 1 },
      { threads: 2, concurrency: 8 },
    ].entries()) {
      gate.close();
      const consumers = { a: { module, threads, concurrency, options: { log: `${log}.${round}`, gate: gate.memory } } };
      const hub = await startHub({ ...config, consumers });
      gate.allow(70);
      await publishNumbers(hub, round * 100, round * 100 + 100);
      await until('70 more are settled', () => consumerOf(hub, 'a').backlog === (round + 1) * 30);
      await hub.stop();
    }
    gate.open();
    const last = await startHub({ ...config, consumers: { a: { module, options: { log } } } });
    await allSettled(last);
    // What was settled in one run is in no later one: all together is every number, and a bound on the repeats.
    const settledLast = readTexts(log);
    expect(settledLast).toHaveLength(90);
    const seen = new Set([0, 1, 2].flatMap((round) => readTexts(`${log}.${round}`)).concat(settledLast));
    expect([...seen].toSorted()).toEqual(numbers(0, 300).toSorted());
  });
});

describe('a consumer added later', () => {
  it('begins with what comes from then on, or with all that the journal still holds, in its order', async () => {
    const dataDir = tempDir();
    const [keeperLog, newLog, earlyLog] = ['keeper', 'new', 'early'].map((name) => join(dataDir, `${name}.log`));
    const gate = new Gate();
    const keeper = { module, options: { log: keeperLog, gate: gate.memory } };
    const config = { dataDir, drainTimeoutMs: 50, segmentBytes: SEGMENT_BYTES };
    const first = await startHub({ ...config, consumers: { keeper } });
    for (let from = 0; from < 6_000; from += 1_000) {
      await publishNumbers(first, from, from + 500, 'test.even');
      await publishNumbers(first, from + 500, from + 1_000, 'test.odd');
    }
    expect(segmentsOf(dataDir).length).toBeGreaterThan(4);
    await first.stop();

    const consumers = {
      keeper,
      new: { module, options: { log: newLog } },
      early: { module, topics: ['test.even'], startFrom: 'earliest' as const, options: { log: earlyLog } },
    };
    const even = numbers(0, 6_000).filter((number) => Number(number) % 1_000 < 500);
    for (const _round of ['added', 'known']) {
      const hub = await startHub({ ...config, consumers });
      await until('the new ones are done', () => {
        const { early, new: fresh } = backlogs(hub);
        return early === 0 && fresh === 0;
      });
      expect(readTexts(newLog as string)).toEqual([]);
      expect(readTexts(earlyLog as string)).toEqual(even);
      await hub.stop();
    }

    gate.open();
    const last = await startHub({ ...config, consumers });
    await last.publish('test.even', 'fresh');
    await allSettled(last);
    expect(readTexts(newLog as string)).toEqual(['fresh']);
    expect(readTexts(earlyLog as string)).toEqual([...even, 'fresh']);
  });

  it('is given each message once when the hub is killed while it searches the journal', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const count = 60_000;
    const first = await startHub({ dataDir, consumers: { keeper: { module } } }, { only: [] });
    for (let from = 0; from < count; from += 10_000) await publishNumbers(first, from, from + 10_000);
    await first.stop();

    const child = Child.node(fixture('end-in-backfill'), [dataDir, module, log]);
    const [, given, state] = await child.line(/^given (\d+) while (\w+)$/);
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(state).toBe('starting');
    expect(Number(given)).toBeLessThan(count);

    const early = { module, startFrom: 'earliest' as const, options: { log } };
    const second = await startHub({ dataDir, consumers: { early } });
    await until('all are settled', () => consumerOf(second, 'early').backlog === 0);
    expect(readTexts(log)).toEqual(numbers(0, count));
  });
});

describe('a consumer removed from the config', () => {
  it('leaves its queue, which is named, fills no further, and continues when the consumer is back', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const a = { module, options: { log, gate: gate.memory } };
    const b = { module, options: { log: `${log}.b` } };
    const config = { dataDir, drainTimeoutMs: 50 };
    const first = await startHub({ ...config, consumers: { a, b } });
    gate.allow(3);
    await publishNumbers(first, 0, 10);
    await until('3 are settled', () => consumerOf(first, 'a').backlog === 7);
    await first.stop();

    const second = await startHub({ ...config, consumers: { b } });
    expect(consumerOf(second, 'a')).toMatchObject({ state: 'removed', backlog: 7, inFlight: 0 });
    expect(second.snapshot().notReady).toEqual([]);
    await publishNumbers(second, 10, 20);
    await until('the other one is done', () => consumerOf(second, 'b').backlog === 0);
    expect(consumerOf(second, 'a')).toMatchObject({ state: 'removed', backlog: 7 });
    await second.stop();

    gate.open();
    const third = await startHub({ ...config, consumers: { b, a } });
    await third.publish('test.last', 'last');
    await allSettled(third);
    expect(readTexts(log).slice(-8)).toEqual([...numbers(3, 10), 'last']);
  });

  it('keeps what waits in its queue when that queue was never run at all', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const consumers = { a: { module, options: { log } }, b: { module, options: { log: `${log}.b` } } };
    const first = await startHub({ dataDir, consumers }, { only: ['b'] });
    await publishNumbers(first, 0, 50);
    await until('b is done', () => consumerOf(first, 'b').backlog === 0);
    expect(consumerOf(first, 'a')).toMatchObject({ state: 'not-run', backlog: 50 });
    expect(first.snapshot().notReady).toEqual([]);
    await first.stop();
    const second = await startHub({ dataDir, consumers: {} });
    expect(backlogs(second)).toEqual({ a: 50, b: 0 });
    await second.stop();
    const third = await startHub({ dataDir, consumers });
    await allSettled(third);
    expect(readTexts(log)).toEqual(numbers(0, 50));
    expect(readTexts(`${log}.b`)).toEqual(numbers(0, 50));
  });
});

describe('a segment of the journal', () => {
  it('goes when all its entries are settled, and one that is not keeps its own segment alone', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const gate = new Gate();
    const options = { log, gate: gate.memory, gatedTopic: 'test.held' };
    const hub = await startHub({
      dataDir,
      segmentBytes: SEGMENT_BYTES,
      consumers: { a: { module, concurrency: 2, options } },
    });
    const removed: string[] = [];
    hub.on('journal:segment-removed', ({ segment }) => removed.push(segment));
    await publishNumbers(hub, 0, 2_000);
    const before = segmentsOf(dataDir).at(-1);
    await hub.publish('test.held', 'held');
    await publishNumbers(hub, 2_000, 6_000);

    await until('only the held one’s segment and the open one are left', () => hub.snapshot().journal.segments === 2);
    expect(backlogs(hub)).toEqual({ a: 1 });
    expect(segmentsOf(dataDir)).toHaveLength(2);
    expect(segmentsOf(dataDir)[0]).toBe(before);
    expect(removed.length).toBeGreaterThan(1);
    expect(removed).not.toContain(before);

    gate.open();
    await until('only the open one is left', () => hub.snapshot().journal.segments === 1);
    expect(segmentsOf(dataDir)).toHaveLength(1);
    // The open one, and two that are kept to be written over.
    expect(hub.snapshot().journal.bytes).toBeLessThan(4 * SEGMENT_BYTES);
    await hub.publish('test.last', 'last');
    await allSettled(hub);
    expect(readTexts(log).toSorted()).toEqual([...numbers(0, 6_000), 'held', 'last'].toSorted());
  });

  it('is kept for a queue that does not run, over restarts, and goes when that has caught up', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const config = { dataDir, segmentBytes: SEGMENT_BYTES };
    const consumers = { a: { module, options: { log } }, b: { module, options: { log: `${log}.b` } } };
    const count = 3_000;
    const first = await startHub({ ...config, consumers }, { only: ['a'] });
    await publishNumbers(first, 0, count);
    await until('a is done', () => consumerOf(first, 'a').backlog === 0);
    expect(segmentsOf(dataDir).length).toBeGreaterThan(2);
    await first.stop();
    const second = await startHub({ ...config, consumers });
    await allSettled(second);
    await until('only the open one is left', () => second.snapshot().journal.segments === 1);
    expect(segmentsOf(dataDir)).toHaveLength(1);
    expect(readTexts(`${log}.b`)).toEqual(numbers(0, count));
  });

  it('that is written over for a newer one is not taken for the old one by a consumer that has it open', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const bulk = { module, topics: ['bulk'], options: { log: `${log}.bulk` } };
    const hub = await startHub({
      dataDir,
      segmentBytes: SEGMENT_BYTES,
      consumers: { rare: { module, options: { log } }, bulk },
    });
    let removed = 0;
    hub.on('journal:segment-removed', () => {
      removed++;
    });
    const fill = new Uint8Array(SEGMENT_BYTES);
    // The rare consumer reads from the first segment and from none after it, until that one's file is written over.
    await hub.publish('test.rare', 'first');
    await allSettled(hub);
    await hub.publish('bulk', fill);
    await hub.publish('bulk', fill);
    await until('the first segment is no longer needed', () => removed > 0);
    // Now the third begins, with a rare message, and becomes so large that the old file's places lie within it.
    await Promise.all([hub.publish('test.rare', 'second'), hub.publish('bulk', new Uint8Array(20 * SEGMENT_BYTES))]);
    await allSettled(hub);
    expect(readTexts(log)).toEqual(['first', 'second']);
    expect(consumerOf(hub, 'rare').settledTotal).toEqual({ acknowledged: 2, damaged: 0 });
  });

  it('with a record that is not what was written costs that message alone, counted', async () => {
    const dataDir = tempDir();
    const log = join(dataDir, 'log');
    const consumers = { a: { module, options: { log } } };
    const first = await startHub({ dataDir, consumers }, { only: [] });
    await first.publish('test.a', 'one');
    await first.publish('test.a', 'to be spoilt');
    await first.publish('test.a', 'three');
    await first.stop();
    const path = join(dataDir, 'journal', segmentsOf(dataDir)[0] as string);
    const bytes = readFileSync(path);
    bytes.write('spoilt', bytes.indexOf('to be spoilt'));
    writeFileSync(path, bytes);

    const second = await startHub({ dataDir, consumers });
    await allSettled(second);
    expect(readTexts(log)).toEqual(['one', 'three']);
    expect(consumerOf(second, 'a').settledTotal).toEqual({ acknowledged: 2, damaged: 1 });
  });
});

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

/** Replaces a file's bytes; returns what puts the old ones back. */
function change(path: string, changed: (bytes: Buffer) => Buffer): () => void {
  const before = readFileSync(path);
  writeFileSync(path, changed(Buffer.from(before)));
  return () => writeFileSync(path, before);
}

function raiseFormat(path: string): () => void {
  return change(path, (bytes) => Buffer.from(JSON.stringify({ ...JSON.parse(bytes.toString()), format: 99 })));
}

/** Every binary file of ours has its format version in the four bytes after its eight of magic. */
function raiseVersion(folder: string, extension: '.seg' | '.idx' | '.log'): () => void {
  const name = readdirSync(folder).findLast((each) => each.endsWith(extension));
  return change(join(folder, String(name)), (bytes) => {
    bytes.writeUInt32LE(99, 8);
    if (extension === '.log') return bytes;
    // Its checksum, at 16, is of all else in the header behind the magic.
    const end = extension === '.seg' ? bytes.readUInt32LE(12) : 48;
    bytes.writeUInt32LE(crc32(bytes.subarray(20, end), crc32(bytes.subarray(8, 16))), 16);
    return bytes;
  });
}
