// When a message settles: not before what its delivery has published is committed, whatever becomes of it, and in strict
// order not behind the next one.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DeadLetter, Drop } from '../../outcomes.js';
import { ThreadShared } from '../../queue/shared.js';
import { DeliveryRig } from './delivery-rig.fixture.js';

let rig: DeliveryRig;
afterEach(() => rig.stop());

const bodies = (count: number) => Array.from({ length: count }, (_, index) => ({ body: String(index) }));
const allSettled = (count: number) => vi.waitUntil(() => rig.queue.settled() === count, { timeout: 30_000 });
const ONE_ATTEMPT = { maxAttempts: 1, backoff: { initialMs: 1, maxMs: 1, factor: 1, jitter: 0 } };

describe('a delivery that has published and throws', () => {
  const thrown: [string, Error, number][] = [
    ['Drop', new Drop('of no interest'), ThreadShared.DROPPED],
    ['DeadLetter', new DeadLetter('of no use'), ThreadShared.DEAD],
    ['the error of its last attempt', new Error('never'), ThreadShared.DEAD_ATTEMPTS],
  ];

  it.each(thrown)('%s: settles after that is committed', async (_, error, count) => {
    let commit = (): void => {};
    const publish = () =>
      new Promise<void>((resolve) => {
        commit = resolve;
      });
    const consume = (_message: unknown, context: { publish(topic: string, body: string): unknown }) => {
      void context.publish('next', 'body');
      throw error;
    };
    rig = new DeliveryRig({ consume }, { publish, delivery: { retry: ONE_ATTEMPT } });
    rig.start();
    await rig.turns();
    expect([rig.settled, rig.held]).toEqual([[], [0]]);
    commit();
    await allSettled(1);
    expect(rig.number(count)).toBe(1);
  });

  it('Drop, in a batch: settles after that is committed', async () => {
    let commit = (): void => {};
    const publish = () =>
      new Promise<void>((resolve) => {
        commit = resolve;
      });
    rig = new DeliveryRig(
      {
        consumeBatch([first], context) {
          if (first === undefined) return;
          void context.publish(first, 'next', 'body');
          context.drop(first, 'of no interest');
        },
      },
      { messages: bodies(3), publish },
    );
    rig.start();
    await allSettled(2);
    await rig.turns();
    expect(rig.held).toEqual([0]);
    commit();
    await allSettled(3);
  });

  it('an error that is not its last: comes again without waiting for that', async () => {
    const attempts: number[] = [];
    rig = new DeliveryRig(
      {
        consume(message, context) {
          attempts.push(message.attempt);
          if (message.attempt > 1) return;
          void context.publish('next', 'body');
          throw new Error('not yet');
        },
      },
      { publish: () => new Promise<void>(() => {}) },
    );
    rig.start();
    await allSettled(1);
    expect(attempts).toEqual([1, 2]);
  });
});

it('a message whose publish is not committed is delivered again, and never a dead letter for it', async () => {
  const attempts: number[] = [];
  rig = new DeliveryRig(
    {
      consume(message, context) {
        attempts.push(message.attempt);
        void context.publish('next', 'body').catch(() => {});
      },
    },
    {
      publish: () => (attempts.length === 1 ? Promise.reject(new Error('the journal is gone')) : Promise.resolve()),
      delivery: { retry: ONE_ATTEMPT },
    },
  );
  rig.start();
  await allSettled(1);
  expect([attempts, rig.number(ThreadShared.DEAD_ATTEMPTS)]).toEqual([[1, 1], 0]);
});

it('a delivery that ends when its thread was given up leaves nothing on disk: the next thread makes it again', async () => {
  let end = (): void => {};
  const consume = () =>
    new Promise<void>((_, reject) => {
      end = () => reject(new DeadLetter('of no use'));
    });
  rig = new DeliveryRig({ consume });
  rig.start();
  await rig.turns();
  rig.lane.abandon();
  end();
  await rig.turns();
  expect([rig.settled, rig.held, rig.files.list('/queues/1/dead')]).toEqual([[], [0], []]);
});

it('a dead letter that cannot be written holds up a queue of strict order', async () => {
  const seen: string[] = [];
  rig = new DeliveryRig(
    {
      consume(message) {
        const body = message.text();
        if (seen.at(-1) !== body) seen.push(body);
        if (body === '1') throw new DeadLetter('of no use');
      },
    },
    { messages: bodies(4), delivery: { order: 'strict' } },
  );
  let full = true;
  rig.files.hook = ({ kind, path }) =>
    full && kind === 'sync' && path.includes('/dead/') ? { error: new Error('ENOSPC') } : undefined;
  rig.start();
  await vi.waitUntil(() => rig.lines.some((line) => line.includes('cannot be written')));
  expect(seen).toEqual(['0', '1']);
  full = false;
  await allSettled(4);
  expect(seen).toEqual(['0', '1', '2', '3']);
});
