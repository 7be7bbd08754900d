// A consumer that takes many messages at once: how batches come together, and what becomes of each message of one.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BatchContext } from '../../consumer-context.js';
import type { Message } from '../../message.js';
import { Drop } from '../../outcomes.js';
import { ThreadShared } from '../../queue/shared.js';
import { DeliveryRig, type RigOptions } from './delivery-rig.fixture.js';

let rig: DeliveryRig;
afterEach(() => rig.stop());

/** Runs a consumer; `batches` has the bodies of each delivery. */
function run(
  consumeBatch: (messages: readonly Message[], context: BatchContext) => unknown,
  { count = 10, ...options }: RigOptions & { count?: number } = {},
): string[][] {
  const batches: string[][] = [];
  const messages = Array.from({ length: count }, (_, index) => ({ body: String(index) }));
  rig = new DeliveryRig(
    {
      consumeBatch(given, context) {
        batches.push(given.map((message) => message.text()));
        return consumeBatch(given, context);
      },
    },
    { messages, ...options },
  );
  rig.start();
  return batches;
}

const allSettled = (count = 10) => vi.waitUntil(() => rig.queue.settled() === count, { timeout: 30_000 });
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => String(from + index));

describe('a batch', () => {
  it('holds what there is, up to maxBatch, in order', async () => {
    const batches = run(() => {}, { delivery: { maxBatch: 4 } });
    await allSettled();
    expect(batches).toEqual([numbers(0, 4), numbers(4, 8), numbers(8, 10)]);
    expect([rig.held, rig.settled.length]).toEqual([[], 10]);
  });

  it('that is not full waits for more, up to maxWaitMs', async () => {
    const batches = run(() => {}, { delivery: { maxBatch: 6, maxWaitMs: 60_000 } });
    await vi.waitUntil(() => batches.length === 1);
    await rig.turns(50);
    expect(batches).toEqual([numbers(0, 6)]);
    expect(rig.held).toEqual([6, 7, 8, 9]);
    await rig.stop();
    expect(rig.settled).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('that is not full is delivered after maxWaitMs', async () => {
    const batches = run(() => {}, { delivery: { maxBatch: 100, maxWaitMs: 20 } });
    await allSettled();
    expect(batches).toEqual([numbers(0, 10)]);
  });

  it('is acknowledged but for what was settled by itself', async () => {
    const batches = run((messages, context) => {
      for (const message of messages) {
        if (message.attempt > 1) continue;
        const body = message.text();
        if (body === '1') context.ack(message);
        if (body === '2') context.retry(message, new Error('row locked'), 1);
        if (body === '3') context.drop(message, 'a duplicate');
        if (body === '4') context.deadLetter(message, 'no such table');
      }
    });
    await allSettled();
    expect(batches).toEqual([numbers(0, 10), ['2']]);
    const { DROPPED, DEAD, FAILURES } = ThreadShared;
    expect([DROPPED, DEAD, FAILURES].map((slot) => rig.number(slot))).toEqual([1, 1, 1]);
    const [letters = ''] = rig.files.list('/queues/1/dead').map((name) => `/queues/1/dead/${name}`);
    const kept = rig.files.open(letters);
    const bytes = new Uint8Array(rig.files.size(letters));
    kept.read(bytes, 0);
    // Without a cause, its error says where it was called.
    expect(new TextDecoder().decode(bytes)).toMatch(/no such table[\s\S]*batches\.test\.ts/);
  });

  it('that throws comes again without what was settled by itself, each message with its attempt', async () => {
    const attempts: number[] = [];
    const batches = run((messages, context) => {
      attempts.push(...messages.map(({ attempt }) => attempt));
      if (batches.length > 1) return;
      context.ack(messages[0] as Message);
      throw new Error('the server went away');
    });
    await allSettled();
    expect(batches).toEqual([numbers(0, 10), numbers(1, 10)]);
    expect(attempts).toEqual([...Array(10).fill(1), ...Array(9).fill(2)]);
  });

  it('that throws an outcome gives it to every message', async () => {
    run(async () => {
      throw new Drop('the table is gone');
    });
    await allSettled();
    expect(rig.number(ThreadShared.DROPPED)).toBe(10);
  });

  it('keeps to strict order when it is retried', async () => {
    const batches = run(
      () => {
        if (batches.length === 1) throw new Error('not yet');
      },
      { delivery: { order: 'strict', maxBatch: 4 } },
    );
    await allSettled();
    expect(batches.slice(1).flat()).toEqual(numbers(0, 10));
  });

  it('holds one message of each key at most', async () => {
    const keys = [1, 1, 2, 2, 3, 3, 1, 2, 3, 1];
    const batches = run(() => {}, { keys, delivery: { order: 'key' } });
    await allSettled();
    expect(batches[0]).toEqual(['0', '2', '4']);
    for (const batch of batches) expect(new Set(batch.map((body) => keys[Number(body)])).size).toBe(batch.length);
    const ofKey = batches.flat().filter((body) => keys[Number(body)] === 1);
    expect(ofKey).toEqual(['0', '1', '6', '9']);
  });

  it('may go on beside others, as many as concurrency', async () => {
    const ends: (() => void)[] = [];
    const batches = run(() => new Promise<void>((resolve) => ends.push(resolve)), {
      delivery: { maxBatch: 2, concurrency: 3 },
    });
    await vi.waitUntil(() => batches.length === 3);
    await rig.turns();
    expect(batches).toHaveLength(3);
    ends[1]?.();
    await vi.waitUntil(() => batches.length === 4);
    expect(rig.settled).toEqual([2, 3]);
    ends[0]?.();
    ends[2]?.();
    await vi.waitUntil(() => batches.length === 5);
    ends[3]?.();
    ends[4]?.();
    await allSettled();
  });
});

describe('a message of a batch', () => {
  it('cannot be settled twice, nor after the batch has ended, nor when it is of another', async () => {
    const errors: unknown[] = [];
    const tried = (call: () => void) => {
      try {
        call();
      } catch (error) {
        errors.push(error);
      }
    };
    let late = (): void => {};
    run((messages, context) => {
      const [first] = messages as [Message];
      context.ack(first);
      tried(() => context.drop(first, 'again'));
      tried(() => context.ack({ ...first } as Message));
      late = () => context.ack(messages[1] as Message);
    });
    await allSettled();
    tried(late);
    expect(errors).toEqual(Array(3).fill(expect.objectContaining({ code: 'DELIVERY_SETTLED' })));
  });

  it('settles after what follows from it is committed', async () => {
    let commit = (): void => {};
    const ids: string[] = [];
    run((messages, context) => void context.publish(messages[3] as Message, 'next', 'body'), {
      publish: (_topic, _body, _headers, id) => {
        ids.push(id);
        return new Promise<void>((resolve) => {
          commit = resolve;
        });
      },
    });
    await allSettled(9);
    await rig.turns();
    expect([rig.held, ids.map((id) => id.replace(/^[^/]*/, ''))]).toEqual([[3], ['/rig/0']]);
    commit();
    await allSettled();
  });
});
