// What holds deliveries back beside order: a pause, a rate limit, a commit that fails, and dead letters that cannot be
// written.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DeadLetter } from '../../outcomes.js';
import { ThreadShared } from '../../queue/shared.js';
import { DeliveryRig } from './delivery-rig.fixture.js';

let rig: DeliveryRig;
afterEach(() => rig.stop());

const bodies = (count: number) => Array.from({ length: count }, (_, index) => ({ body: String(index) }));
const allSettled = (count: number) => vi.waitUntil(() => rig.queue.settled() === count, { timeout: 30_000 });

describe('a consumer that is paused', () => {
  it('ends what it has begun, begins nothing more, and goes on where it was', async () => {
    const seen: string[] = [];
    const ends: (() => void)[] = [];
    rig = new DeliveryRig(
      {
        consume(message) {
          seen.push(message.text());
          return new Promise<void>((resolve) => ends.push(resolve));
        },
      },
      { messages: bodies(3) },
    );
    rig.start();
    await vi.waitUntil(() => seen.length === 1);
    rig.queue.paused = true;
    ends[0]?.();
    await allSettled(1);
    await rig.turns();
    expect([seen, rig.settled]).toEqual([['0'], [0]]);
    rig.queue.paused = false;
    await vi.waitUntil(() => seen.length === 2);
    ends[1]?.();
    await vi.waitUntil(() => seen.length === 3);
    ends[2]?.();
    await allSettled(3);
  });

  it('delivers no retry that is due either', async () => {
    const attempts: number[] = [];
    rig = new DeliveryRig({
      consume(message) {
        attempts.push(message.attempt);
        if (message.attempt > 1) return;
        rig.queue.paused = true;
        throw new Error('not yet');
      },
    });
    rig.start();
    await vi.waitUntil(() => rig.state().retries.length === 1);
    const { delayMs, failedAt } = rig.state().retries[0] as { delayMs: number; failedAt: number };
    await vi.waitUntil(() => Date.now() > failedAt + 2 * delayMs);
    await rig.turns();
    expect(attempts).toEqual([1]);
    rig.queue.paused = false;
    await allSettled(1);
  });

  it('ends when it is to stop', async () => {
    rig = new DeliveryRig({ consume() {} }, { messages: bodies(3) });
    rig.queue.paused = true;
    rig.start();
    await rig.turns();
    await rig.stop();
    expect(rig.settled).toEqual([]);
  });
});

describe.each(['consume', 'consumeBatch'] as const)('a rate limit on %s()', (method) => {
  it('lets no more messages begin in any period, and every one in the end', async () => {
    const begun: number[] = [];
    const note = () => begun.push(performance.now());
    const perMs = 60;
    rig = new DeliveryRig(method === 'consume' ? { consume: note } : { consumeBatch: (all) => all.forEach(note) }, {
      messages: bodies(10),
      delivery: { rateLimit: { messages: 3, perMs } },
    });
    const startedMs = performance.now();
    rig.start();
    await allSettled(10);
    expect(begun).toHaveLength(10);
    // Three at a time: the tenth is in the fourth period.
    expect((begun[9] as number) - startedMs).toBeGreaterThanOrEqual(3 * perMs - 1);
  });
});

it('a message that a rate limit held back is itself, though one before it became a dead letter meanwhile', async () => {
  const seen: string[] = [];
  let giveUp = (): void => {};
  rig = new DeliveryRig(
    {
      async consume(message) {
        seen.push(message.text());
        if (seen.length > 1) return;
        await new Promise<void>((resolve) => {
          giveUp = resolve;
        });
        throw new DeadLetter('of no use');
      },
    },
    { messages: bodies(2), delivery: { concurrency: 2, rateLimit: { messages: 1, perMs: 200 } } },
  );
  rig.start();
  await vi.waitUntil(() => seen.length === 1);
  await rig.turns(); // the second one is read, and waits
  giveUp();
  await allSettled(2);
  expect(seen).toEqual(['0', '1']);
  expect(rig.number(ThreadShared.DEAD)).toBe(1);
});

it('a batch holds no more messages than may begin, however long it was gathered', async () => {
  const sizes: number[] = [];
  const delivery = { maxBatch: 10, maxWaitMs: 50, rateLimit: { messages: 3, perMs: 10 } };
  rig = new DeliveryRig({ consumeBatch: (all) => void sizes.push(all.length) }, { messages: bodies(10), delivery });
  rig.start();
  await allSettled(10);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(3);
});

describe('a dead letter', () => {
  it('that cannot be written leaves its message in the queue, and is written later', async () => {
    const attempts: number[] = [];
    rig = new DeliveryRig({
      consume(message) {
        attempts.push(message.attempt);
        throw new Error('never');
      },
    });
    let full = true;
    rig.files.hook = ({ kind, path }) =>
      full && kind === 'sync' && path.includes('/dead/') ? { error: new Error('ENOSPC') } : undefined;
    rig.start();
    await vi.waitUntil(() => rig.lines.some((line) => line.includes('cannot be written')));
    expect(rig.settled).toEqual([]);
    full = false;
    await allSettled(1);
    expect(rig.number(ThreadShared.DEAD_ATTEMPTS)).toBe(1);
    expect(attempts.every((attempt) => attempt <= 3)).toBe(true);
  });
});

it('a message that is damaged is given up, counted, and holds up nobody', async () => {
  const seen: string[] = [];
  rig = new DeliveryRig({ consume: (message) => void seen.push(message.text()) }, { messages: bodies(3) });
  rig.damage(150);
  rig.start();
  await allSettled(3);
  expect(seen.length).toBeLessThan(3);
  expect(rig.number(ThreadShared.DAMAGED)).toBe(3 - seen.length);
});
