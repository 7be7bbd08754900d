// hub.replay(): what a program sees of it, and what it holds on to meanwhile.
import { join } from 'node:path';
import type { Hub, ReplayProgress } from '@penstock/hub';
import { describe, expect, it } from 'vitest';
import { readTexts } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, numbers, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const RETAINED_BYTES = 200_000;
const BODY = 'x'.repeat(500);

/**
 * A hub whose consumer `a` has got 400 numbers, in two segments, and has room for 40 at a time; its deliveries pass a
 * gate. Consumer `b` gets what the test publishes to `other`.
 */
async function withHistory(): Promise<{ hub: Hub; gate: Gate; log: string }> {
  const dataDir = tempDir();
  const log = join(dataDir, 'a.log');
  const gate = new Gate();
  gate.open();
  const module = fixture('record');
  const hub = await startHub({
    dataDir: join(dataDir, 'data'),
    segmentBytes: 65_536,
    retain: { bytes: RETAINED_BYTES },
    consumers: {
      a: { module, topics: ['test.number'], maxBacklog: { messages: 40 }, options: { log, gate: gate.memory } },
      b: { module, topics: ['other'], options: { log: join(dataDir, 'b.log') } },
    },
  });
  for (let n = 0; n < 400; n += 20) {
    await publishNumbers(hub, n, n + 20);
    for (let other = 0; other < 8; other++) await hub.publish('other', BODY);
    await allSettled(hub);
  }
  return { hub, gate, log };
}

describe('a replay', () => {
  it('is whole though more is settled meanwhile than retain keeps, which goes when it is over', async () => {
    const { hub, gate, log } = await withHistory();
    gate.close();
    let begun: ReplayProgress | undefined;
    const replaying = hub.replay('a', { from: 'earliest', progress: (progress) => (begun = progress) });
    await until('the queue is full', () => consumerOf(hub, 'a').backlog >= 38);
    for (let n = 0; n < 600; n++) await hub.publish('other', BODY);
    await until('more is settled than retain keeps', () => hub.snapshot().journal.retainedBytes > RETAINED_BYTES);
    gate.open();
    const report = await replaying;
    expect(report).toMatchObject({ consumer: 'a', replayed: 400, isComplete: true, isLate: false, unseenBytes: 0 });
    expect(begun).toMatchObject({ from: report.from, to: report.to, through: report.to, replayed: 400 });
    await allSettled(hub);
    expect(readTexts(log)).toEqual([...numbers(0, 400), ...numbers(0, 400)]);
    await until('retain holds again', () => hub.snapshot().journal.retainedBytes <= RETAINED_BYTES);
  });

  it('ends at its signal with what it had replayed, and tells whoever listens', async () => {
    const { hub, gate, log } = await withHistory();
    const told: object[] = [];
    hub.on('consumer:replayed', (event) => told.push(event));
    gate.close();
    const stop = new AbortController();
    const replaying = hub.replay('a', { from: 'earliest', signal: stop.signal });
    await until('the queue is full', () => consumerOf(hub, 'a').backlog >= 38);
    stop.abort();
    const report = await replaying;
    const { replayed, through } = report;
    expect(report.isComplete).toBe(false);
    expect(replayed).toBe(consumerOf(hub, 'a').backlog);
    expect(told).toEqual([report]);
    gate.open();
    expect(await hub.replay('a', { from: { position: through } })).toMatchObject({ replayed: 400 - replayed });
    await allSettled(hub);
    expect(readTexts(log)).toEqual([...numbers(0, 400), ...numbers(0, 400)]);
  });

  it.each([
    [{ from: 'latest' }, 'JOURNAL_RANGE_INVALID'],
    [{ from: {} }, 'JOURNAL_RANGE_INVALID'],
    [{ from: { position: -1 } }, 'JOURNAL_RANGE_INVALID'],
    [{ from: { position: 1.5 } }, 'JOURNAL_RANGE_INVALID'],
    [{ from: { time: 'yesterday' } }, 'JOURNAL_RANGE_INVALID'],
    [{ from: 'earliest', to: { time: '2999-01-01T00:00:00Z' } }, 'JOURNAL_RANGE_INVALID'],
    [{ from: { time: '2020-01-02T00:00:00Z' }, to: { time: '2020-01-01T00:00:00Z' } }, 'JOURNAL_RANGE_INVALID'],
    [{ from: 'earliest', topics: ['a..b'] }, 'TOPIC_PATTERN_INVALID'],
  ])('of %j is refused', async (range, code) => {
    const hub = await startHub({ dataDir: tempDir(), consumers: { a: { module: fixture('note-id') } } });
    await expect(hub.replay('a', range as never)).rejects.toMatchObject({ code });
    await hub.stop();
    await expect(hub.replay('a', { from: 'earliest' })).rejects.toMatchObject({ code: 'HUB_NOT_RUNNING' });
  });
});
