// What publishing promises: in a program by hub.publish(), in a consumer by context.publish(). Accepted means in every
// queue; refused means in none, and says why.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDeliveries, readNotes, readTexts } from './support/deliveries.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, makeHub, numbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

/** A directory for the hub, and a log beside it for its consumer. */
function places(): { dataDir: string; log: string } {
  const folder = tempDir();
  return { dataDir: join(folder, 'data'), log: join(folder, 'log') };
}

const sha256 = (body: Uint8Array | string): string => createHash('sha256').update(body).digest('hex');

describe('context.publish()', () => {
  it('names what it publishes after the delivery, and the delivery settles only after its commit', async () => {
    const { dataDir, log } = places();
    const hub = await startHub({
      dataDir,
      consumers: {
        forward: { module: fixture('forward'), options: { log, to: 'out.a' } },
        out: { module: fixture('record'), topics: ['out.>'], options: { log: `${log}.out` } },
      },
    });
    const count = 200;
    const published = Promise.all(
      numbers(0, count).map((number) => hub.publish('test.a', number, { id: `m${number}` })),
    );
    await until('all are forwarded', () => {
      // The hub counts the queues in this order: what came out is read after what was settled.
      const { forward, out } = Object.fromEntries(hub.snapshot().consumers.map((each) => [each.consumer, each]));
      expect(out?.enqueuedTotal).toBeGreaterThanOrEqual(2 * Number(forward?.settledTotal.acknowledged));
      return forward?.settledTotal.acknowledged === count;
    });
    await published;
    await allSettled(hub);
    const out = readDeliveries(`${log}.out`);
    expect(out.map(({ id }) => id)).toEqual(numbers(0, count).flatMap((n) => [`m${n}/forward/0`, `m${n}/forward/1`]));
    expect(out.map(({ text }) => text)).toEqual(numbers(0, count).flatMap((n) => [n, n]));
    expect(out[1]?.headers).toEqual({ of: 'm0' });
  });

  it('may go to the consumer’s own topic, again and again', async () => {
    const { dataDir, log } = places();
    const consumer = 'a-consumer-whose-name-is-as-long-as-names-may-be-64-characters--';
    const hub = await startHub({
      dataDir,
      consumers: { [consumer]: { module: fixture('countdown'), options: { log } } },
    });
    // Each generation's id is made of the one before: so many would overflow any field if nothing bounded them.
    const generations = 1_000;
    await hub.publish('test.countdown', String(generations));
    await until(
      'the last generation has come',
      () => consumerOf(hub, consumer).settledTotal.acknowledged > generations,
    );
    expect(readTexts(log)).toEqual(numbers(0, generations + 1).toReversed());
    expect(new Set(readDeliveries(log).map(({ id }) => id)).size).toBe(generations + 1);
  });

  it('refuses what hub.publish() refuses, by the same codes, and everything once the delivery has ended', async () => {
    const { dataDir, log } = places();
    const consumers = { a: { module: fixture('publish-wrongly'), options: { log } } };
    const hub = await startHub({ dataDir, consumers, maxMessageBytes: 65_536 });
    await hub.publish('test.a', 'body');
    const codes = {
      topic: 'TOPIC_INVALID',
      body: 'BODY_INVALID',
      headers: 'HEADERS_INVALID',
      largeHeaders: 'HEADERS_TOO_LARGE',
      largeBody: 'MESSAGE_TOO_LARGE',
    };
    await until('the late one is answered', () => readNotes(log).length === 3);
    expect(readNotes(log).slice(1)).toEqual([
      { event: 'codes', ...codes },
      { event: 'late', code: 'DELIVERY_SETTLED' },
    ]);
    await expect(hub.publish('a..b', '')).rejects.toMatchObject({ code: codes.topic });
    await expect(hub.publish('a', {} as never)).rejects.toMatchObject({ code: codes.body });
    await expect(hub.publish('a', '', { n: 1 } as never)).rejects.toMatchObject({ code: codes.headers });
    await expect(hub.publish('a', '', { n: 'x'.repeat(9_000) })).rejects.toMatchObject({ code: codes.largeHeaders });
    await expect(hub.publish('a', new Uint8Array(70_000))).rejects.toMatchObject({ code: codes.largeBody });
    await allSettled(hub);
  });
});

describe('hub.publish()', () => {
  it('refuses what is beyond maxUncommittedBytes, loses none of what it took, and takes more after the commit', async () => {
    const { dataDir, log } = places();
    const consumers = { a: { module: fixture('record'), options: { log } } };
    const hub = await startHub({ dataDir, consumers, maxUncommittedBytes: 65_536 });
    const accepted: string[] = [];
    const refused: unknown[] = [];
    const publish = (text: string) =>
      hub.publish('test.a', text.padEnd(1_000)).then(
        () => accepted.push(text),
        (error: unknown) => refused.push(error),
      );
    // In one turn of the event loop nothing can be committed, so most of these must be refused.
    await Promise.all(numbers(0, 500).map(publish));
    expect(accepted).toEqual(numbers(0, accepted.length));
    expect(accepted.length).toBeGreaterThan(50);
    expect(accepted.length + refused.length).toBe(500);
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: 'UNCOMMITTED_LIMIT', retryable: true });
    await publish('more');
    await allSettled(hub);
    expect(accepted.at(-1)).toBe('more');
    expect(readDeliveries(log).map((delivery) => delivery.sha256)).toEqual(
      accepted.map((text) => sha256(text.padEnd(1_000))),
    );
  });

  it('rejects before the start and after the stop, and works again after the next start', async () => {
    const { dataDir, log } = places();
    const hub = await makeHub({ dataDir, consumers: { a: { module: fixture('record'), options: { log } } } });
    await expect(hub.publish('test.a', 'too early')).rejects.toMatchObject({ code: 'HUB_NOT_RUNNING' });
    await hub.start();
    await hub.publish('test.a', 'one');
    const stopped = hub.stop();
    await expect(hub.publish('test.a', 'too late')).rejects.toMatchObject({ code: 'HUB_NOT_RUNNING' });
    await stopped;
    await expect(hub.publish('test.a', 'too late')).rejects.toMatchObject({ code: 'HUB_NOT_RUNNING' });
    await hub.start();
    await hub.publish('test.a', 'two');
    await allSettled(hub);
    expect(readTexts(log)).toEqual(['one', 'two']);
  });
});
