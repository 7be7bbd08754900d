// What a consumer may throw, return or ask for that nobody would: no thread ends of it, and no message is stuck.
import { afterEach, expect, it, vi } from 'vitest';
import { Drop, Halt } from '../../outcomes.js';
import { ThreadShared } from '../../queue/shared.js';
import { backoffMs } from './backoff.js';
import { DeliveryRig } from './delivery-rig.fixture.js';

let rig: DeliveryRig;
afterEach(() => rig?.stop());

const bodies = (count: number) => Array.from({ length: count }, (_, index) => ({ body: String(index) }));
const allSettled = (count: number) => vi.waitUntil(() => rig.queue.settled() === count, { timeout: 30_000 });

const trap = () => {
  throw new Error('do not look');
};
const THROWN: [string, unknown][] = [
  ['null', null],
  ['undefined', undefined],
  ['a symbol', Symbol('thrown')],
  ['a frozen outcome', Object.freeze(new Drop('of no interest'))],
  ['a proxy that cannot be looked at', new Proxy(new Error(), { get: trap, has: trap, getPrototypeOf: trap })],
];

it.each(THROWN)('%s that is thrown fails a delivery as an error does', async (_, thrown) => {
  const consume = () => {
    throw thrown;
  };
  rig = new DeliveryRig({ consume }, { messages: bodies(2) });
  rig.start();
  await allSettled(2);
});

it.each([{}, { concurrency: 4 }, { timeoutMs: 60_000 }])(
  'a thenable that fails fails a delivery, with %o',
  async (delivery) => {
    const returned = [
      Object.defineProperty({}, 'then', { get: trap }),
      Object.defineProperty({}, 'then', { value: trap }),
      Object.defineProperty({}, 'then', { value: (_: unknown, reject: (reason: unknown) => void) => reject(null) }),
    ];
    rig = new DeliveryRig(
      { consume: (message) => returned[Number(message.text())] as never },
      { messages: bodies(3), delivery },
    );
    rig.start();
    await allSettled(3);
  },
);

it.each([Number.NaN, -5, Number.POSITIVE_INFINITY])(
  'a message of a batch that is to come again after %d ms is not taken as settled, and its consumer is told',
  async (delayMs) => {
    const thrown: unknown[] = [];
    rig = new DeliveryRig({
      consumeBatch([message], context) {
        if (message?.attempt !== 1) return;
        try {
          context.retry(message, new Error('not yet'), delayMs);
        } catch (error) {
          thrown.push(error);
          throw error;
        }
      },
    });
    rig.start();
    await allSettled(1);
    expect(thrown).toEqual([expect.any(RangeError)]);
    expect(rig.number(ThreadShared.FAILURES)).toBe(1);
  },
);

it('a wait of none stays one of none, however many deliveries have failed', () => {
  expect(backoffMs({ initialMs: 0, maxMs: 30_000, factor: 100, jitter: 0.2 }, 60_000)).toBe(0);
});

it('a list of messages that is emptied by whoever works it off counts as it was', async () => {
  const consumeBatch = (messages: readonly unknown[]) => void (messages as unknown[]).splice(0);
  rig = new DeliveryRig({ consumeBatch }, { messages: bodies(3) });
  rig.start();
  await allSettled(3);
  expect(rig.thread.words[ThreadShared.IN_FLIGHT]).toBe(0);
});

it('Halt for a whole batch is told once, and all of it stays in the queue', async () => {
  let halting = true;
  const consumeBatch = () => {
    if (halting) throw new Halt('the key is gone');
  };
  rig = new DeliveryRig({ consumeBatch }, { messages: bodies(50) });
  rig.start();
  await vi.waitUntil(() => rig.halts.length > 0);
  await rig.turns();
  expect([rig.halts.length, rig.settled]).toEqual([1, []]);
  halting = false;
  rig.queue.paused = false;
  await allSettled(50);
});
