// Which segments of the journal are kept: those that an unsettled entry needs, and no others; and what a consumer gets
// from a segment that was written over or damaged.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTexts } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, backlogs, consumerOf, fixture, numbers, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const module = fixture('record');

/** Small, so that a test fills several. */
const SEGMENT_BYTES = 65_536;

const segmentsOf = (dataDir: string): string[] =>
  readdirSync(join(dataDir, 'journal')).filter((name) => name.endsWith('.seg'));

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
    expect(consumerOf(hub, 'rare').settledTotal).toMatchObject({ acknowledged: 2, damaged: 0 });
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
    expect(consumerOf(second, 'a').settledTotal).toMatchObject({ acknowledged: 2, damaged: 1 });
  });
});
