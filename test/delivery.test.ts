// What a consumer is promised while the hub runs: every message once and whole, in order where order is promised,
// with the fields that the documentation gives it. On the built hub, with its real threads.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Noted, readDeliveries, readNotes, readTexts } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, numbers, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

/** A directory for the hub, and a log beside it for its consumer. */
function places(): { dataDir: string; log: string } {
  const folder = tempDir();
  return { dataDir: join(folder, 'data'), log: join(folder, 'log') };
}

const sha256 = (body: Uint8Array | string): string => createHash('sha256').update(body).digest('hex');

const eventsOf = (log: string): string[] => readNotes(log).map(({ event }) => event);

describe('order', () => {
  it.each([
    { consume: 'synchronous', yields: undefined },
    { consume: 'asynchronous', yields: 1 },
  ])('is that of publishing with one thread and one delivery at a time, when consume() is $consume', async (each) => {
    const { dataDir, log } = places();
    const options = { log, yields: each.yields };
    const hub = await startHub({ dataDir, consumers: { a: { module: fixture('record'), options } } });
    await publishNumbers(hub, 0, 2_000);
    await allSettled(hub);
    expect(readTexts(log)).toEqual(numbers(0, 2_000));
  });

  it('holds in strict order through a message that fails: it comes again, and nothing passes it', async () => {
    const { dataDir, log } = places();
    const consumers = { a: { module: fixture('fail'), order: 'strict' as const, options: { log, failures: 2 } } };
    const hub = await startHub({ dataDir, consumers });
    await hub.publish('test.good', 'before');
    await hub.publish('test.bad', 'failing');
    await hub.publish('test.good', 'after');
    await allSettled(hub);
    expect(readDeliveries(log).map(({ text, attempt }) => [text, attempt])).toEqual([
      ['before', 1],
      ['failing', 1],
      ['failing', 2],
      ['failing', 3],
      ['after', 1],
    ]);
    expect(consumerOf(hub, 'a')).toMatchObject({ failuresTotal: 2, settledTotal: { acknowledged: 3 } });
  });
});

describe('a consumer', () => {
  it('is opened once in each thread before its first message, and closed once after its last', async () => {
    const { dataDir, log } = places();
    const hub = await startHub({
      dataDir,
      consumers: { a: { module: fixture('record'), threads: 3, options: { log } } },
    });
    expect(eventsOf(log)).toEqual(['open', 'open', 'open']);
    await publishNumbers(hub, 0, 300);
    await allSettled(hub);
    await hub.stop();
    const notes = readNotes(log);
    for (const threadIndex of [0, 1, 2]) {
      const events = notes.filter((note) => note.threadIndex === threadIndex).map(({ event }) => event);
      expect([events[0], events.at(-1)]).toEqual(['open', 'close']);
      expect(events.filter((event) => event !== 'consume')).toHaveLength(2);
    }
    expect(eventsOf(log).filter((event) => event === 'consume')).toHaveLength(300);
  });

  it('gets its options as they are in the config, and shared memory in them as shared memory', async () => {
    const { dataDir, log } = places();
    const gate = new Gate();
    const options = { log, gate: gate.memory };
    const hub = await startHub({ dataDir, consumers: { a: { module: fixture('record'), options } } });
    await publishNumbers(hub, 0, 3);
    await until('the first is delivered', () => readTexts(log).length === 1);
    gate.allow(1);
    await until('the second is delivered', () => readTexts(log).length === 2);
    expect(consumerOf(hub, 'a')).toMatchObject({ backlog: 2, inFlight: 1 });
    gate.open();
    await allSettled(hub);
  });
});

describe.each([
  { threads: 4, concurrency: 1 },
  { threads: 1, concurrency: 16 },
  { threads: 3, concurrency: 5 },
])('$threads threads with $concurrency deliveries at a time', ({ threads, concurrency }) => {
  it('deliver each message exactly once and settle exactly as many', async () => {
    const { dataDir, log } = places();
    const hub = await startHub({
      dataDir,
      consumers: {
        fast: { module: fixture('record'), threads, concurrency, options: { log } },
        slow: { module: fixture('record'), threads, concurrency, options: { log, yields: 3 } },
      },
    });
    const count = 4_000;
    await publishNumbers(hub, 0, count);
    await allSettled(hub);
    for (const consumer of ['fast', 'slow']) {
      const texts = readDeliveries(log)
        .filter((delivery) => delivery.consumer === consumer)
        .map(({ text }) => text);
      expect(texts.toSorted()).toEqual(numbers(0, count).toSorted());
      expect(consumerOf(hub, consumer)).toMatchObject({
        backlog: 0,
        backlogBytes: 0,
        inFlight: 0,
        enqueuedTotal: count,
        settledTotal: { acknowledged: count, damaged: 0 },
        failuresTotal: 0,
      });
    }
  });
});

describe('a message', () => {
  it('has the id of its header; else one made of the hub’s and its position', async () => {
    const { dataDir, log } = places();
    const hub = await startHub({ dataDir, consumers: { a: { module: fixture('record'), options: { log } } } });
    const before = Date.now();
    await hub.publish('test.a', 'one', { id: 'given', kind: 'first' });
    await hub.publish('test.b', 'two');
    await allSettled(hub);
    const [one, two] = readDeliveries(log);
    expect(one).toMatchObject({ id: 'given', topic: 'test.a', headers: { id: 'given', kind: 'first' }, attempt: 1 });
    expect(two).toMatchObject({ id: `${hub.snapshot().hubId}-${two?.position}`, topic: 'test.b', headers: {} });
    expect(two?.position).toBeGreaterThan(Number(one?.position));
    expect(one?.time).toBeGreaterThanOrEqual(before);
    expect(two?.time).toBeLessThanOrEqual(Date.now());
  });

  it('cannot be changed, and reads as text and as JSON, parsed once', async () => {
    const { dataDir, log } = places();
    const hub = await startHub({ dataDir, consumers: { a: { module: fixture('inspect'), options: { log, n: 1 } } } });
    await hub.publish('test.json', '{"größe": 1}', { kind: 'json' });
    await hub.publish('test.not-json', 'größe', { kind: 'text' });
    await allSettled(hub);
    const inspected = readNotes<Noted & Record<string, unknown>>(log).filter(
      ({ event }) => String(event) === 'inspect',
    );
    const refused = expect.objectContaining({ name: 'TypeError' });
    const changes = { field: refused, header: refused, newHeader: refused };
    const options = { log, n: 1 };
    expect(inspected).toEqual([
      { event: 'inspect', text: '{"größe": 1}', json: 'nothing', cached: true, changes, options },
      { event: 'inspect', text: 'größe', json: expect.objectContaining({ code: 'JSON_INVALID' }), changes, options },
    ]);
    const { message } = (inspected[1]?.json ?? {}) as { message?: string };
    expect(message).toContain('test.not-json');
    expect(message).toContain(String(readDeliveries(log)[1]?.position));
  });

  it('arrives byte for byte, from nothing to more than any buffer holds', async () => {
    const { dataDir, log } = places();
    const hub = await startHub({ dataDir, consumers: { a: { module: fixture('record'), options: { log } } } });
    const sizes = [0, 1, 65_535, 65_536, 262_144, 1_048_576, 0, 5_000_000, 3];
    const bodies = sizes.map((bytes, seed) =>
      Buffer.from(Uint8Array.from({ length: bytes }, (_, at) => at * 31 + seed)),
    );
    await Promise.all(bodies.map((body) => hub.publish('test.bytes', body)));
    await hub.publish('test.text', 'ü'.repeat(600_000));
    await allSettled(hub);
    expect(readDeliveries(log).map((delivery) => delivery.sha256)).toEqual(
      [...bodies, 'ü'.repeat(600_000)].map((body) => sha256(body)),
    );
    expect(consumerOf(hub, 'a').backlogBytes).toBe(0);
  });

  it('finds its consumers by any of very many topics', async () => {
    const { dataDir, log } = places();
    const hub = await startHub({
      dataDir,
      consumers: {
        all: { module: fixture('record'), options: { log } },
        sevens: { module: fixture('record'), topics: ['test.*.7'], options: { log: `${log}.sevens` } },
      },
    });
    const topics = numbers(0, 20_000).map((number) => `test.${number}.${Number(number) % 10}`);
    // Twice, since a topic seen before is looked up in another way.
    for (let round = 0; round < 2; round++) await Promise.all(topics.map((topic) => hub.publish(topic, '')));
    await allSettled(hub);
    expect(readDeliveries(log).map(({ topic }) => topic)).toEqual([...topics, ...topics]);
    const sevens = topics.filter((topic) => topic.endsWith('.7'));
    expect(readDeliveries(`${log}.sevens`).map(({ topic }) => topic)).toEqual([...sevens, ...sevens]);
  });
});
