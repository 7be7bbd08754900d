// Entries whose delivery has ended their thread, or the hub: delivered alone, told of before they begin, and after too
// many crashes kept as dead letters.
import { afterEach, describe, expect, it } from 'vitest';
import type { Message } from '../../message.js';
import { ThreadShared } from '../../queue/shared.js';
import type { PendingRetry } from '../../settlement/settle-record.js';
import { SuspectTurn, SuspectTurns } from '../suspect-turns.js';
import { DeliveryRig, type RigOptions } from './delivery-rig.fixture.js';

const crashed = (ordinal: number, crashes: number): PendingRetry => ({
  ordinal,
  attempt: 0,
  crashes,
  delayMs: 0,
  failedAt: 1,
  firstAt: 1,
});
const messages = (count: number) => Array.from({ length: count }, (_, index) => ({ body: `${index}` }));

let rig: DeliveryRig;
afterEach(() => rig.stop());

/** Deliveries that end when they are told to. */
class Gated {
  readonly inFlight = new Map<string, () => void>();
  readonly begun: string[] = [];
  readonly together: string[][] = [];

  readonly consume = (message: Message): Promise<void> => {
    const body = message.text();
    this.begun.push(body);
    return new Promise((resolve) => {
      this.inFlight.set(body, () => {
        this.inFlight.delete(body);
        resolve();
      });
      this.together.push([...this.inFlight.keys()]);
    });
  };

  endAll(): void {
    for (const end of this.inFlight.values()) end();
  }
}

function run(options: RigOptions, gated = new Gated()): Gated {
  rig = new DeliveryRig({ consume: gated.consume }, options);
  rig.start();
  return gated;
}

async function untilSettled(gated: Gated, count: number): Promise<void> {
  while (rig.settled.length < count) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    gated.endAll();
  }
}

describe('a message that has crashed its thread', () => {
  it('is delivered with no other in flight beside it, and the others with each other', async () => {
    const retries = [crashed(2, 1), crashed(5, 2)];
    const gated = run({ messages: messages(12), delivery: { concurrency: 4 }, retries });
    await untilSettled(gated, 12);
    expect(gated.begun.toSorted()).toEqual(
      messages(12)
        .map(({ body }) => body)
        .toSorted(),
    );
    expect(gated.together.filter((each) => each.includes('2') || each.includes('5'))).toEqual([['2'], ['5']]);
    expect(Math.max(...gated.together.map((each) => each.length))).toBe(4);
  });

  it('is a batch of its own', async () => {
    const batches: string[][] = [];
    const consumeBatch = (all: readonly Message[]) => {
      batches.push(all.map((message) => message.text()));
    };
    rig = new DeliveryRig(
      { consumeBatch },
      { messages: messages(9), delivery: { concurrency: 2 }, retries: [crashed(3, 1), crashed(4, 2)] },
    );
    rig.start();
    while (rig.settled.length < 9) await rig.turns(1);
    expect(batches.filter((each) => each.includes('3') || each.includes('4'))).toEqual([['3'], ['4']]);
    expect(batches.flat().toSorted()).toEqual(messages(9).map(({ body }) => body));
  });

  it.each([1, 4])('too often is a dead letter without another delivery, with concurrency %i', async (concurrency) => {
    const gated = run({
      messages: messages(4),
      delivery: { concurrency, maxCrashes: 3 },
      retries: [crashed(1, 3), crashed(2, 2)],
    });
    await untilSettled(gated, 4);
    expect(gated.begun.toSorted()).toEqual(['0', '2', '3']);
    expect([rig.number(ThreadShared.DEAD_CRASHES), rig.number(ThreadShared.DEAD)]).toEqual([1, 0]);
    expect(rig.lines.filter((line) => line.includes('crashed 3 times'))).toHaveLength(1);
  });

  it('is known for it after a kill, though the log of its thread did not say so', async () => {
    const gated = run({ messages: messages(3), retries: [crashed(1, 2)] });
    while (gated.begun.length === 0) await rig.turns(1);
    gated.endAll();
    while (gated.begun.length < 2) await rig.turns(1);
    expect(rig.state().retries.map(({ ordinal, crashes }) => [ordinal, crashes])).toEqual([[1, 2]]);
    await untilSettled(gated, 3);
  });
});

describe('after a crash of the hub, a delivery', () => {
  it('is written down when it begins, and no more once it has ended', async () => {
    const gated = run({ messages: messages(6), delivery: { concurrency: 3 }, cautiousBelow: 5 });
    while (gated.begun.length < 3) await rig.turns(1);
    expect(rig.state().starts.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2]);
    gated.endAll();
    while (gated.begun.length < 6) await rig.turns(1);
    expect(rig.state().starts.map(({ ordinal }) => ordinal)).toEqual([3, 4]);
    await untilSettled(gated, 6);
    expect(rig.state().starts).toEqual([]);
  });

  it('of a suspect waits for its turn in the hub, and the others go on meanwhile', async () => {
    const suspectTurns = new SuspectTurns();
    const other = suspectTurns.register();
    Atomics.store(new Int32Array(suspectTurns.buffer), 0, other);
    const gated = run({ messages: messages(4), cautiousBelow: 9, retries: [crashed(0, 1)], suspectTurns });
    await untilSettled(gated, 3);
    expect(gated.begun).toEqual(['1', '2', '3']);
    suspectTurns.takeBack(other);
    await untilSettled(gated, 4);
    expect(gated.begun.at(-1)).toBe('0');
    // It has given the turn back.
    expect(Atomics.load(new Int32Array(suspectTurns.buffer), 0)).toBe(0);
  });

  it.each(['consume', 'consumeBatch'] as const)(
    'of a suspect that waits for the rate limit leaves the turn to others, with %s()',
    async (method) => {
      const suspectTurns = new SuspectTurns();
      let delivered = 0;
      const deliver = () => {
        delivered++;
      };
      rig = new DeliveryRig(method === 'consume' ? { consume: deliver } : { consumeBatch: deliver }, {
        messages: messages(2),
        delivery: { rateLimit: { messages: 1, perMs: 3_600_000 } },
        cautiousBelow: 9,
        retries: [crashed(1, 1)],
        suspectTurns,
      });
      rig.start();
      while (delivered === 0) await rig.turns(1);
      await rig.turns(20);
      expect(delivered).toBe(1);
      expect(new SuspectTurn(suspectTurns.buffer, suspectTurns.register()).draw()).toBe(true);
    },
  );

  it('is suspected of nothing while it waits for the commit of what it has published', async () => {
    let published = 0;
    const committed: (() => void)[] = [];
    rig = new DeliveryRig(
      {
        consume: (_message, { publish }) => {
          published++;
          void publish('out', 'x');
        },
      },
      { cautiousBelow: 5, publish: () => new Promise((resolve) => committed.push(() => resolve())) },
    );
    rig.start();
    while (published === 0) await rig.turns(1);
    await rig.turns(2);
    expect([rig.settled, rig.state().starts]).toEqual([[], []]);
    for (const commit of committed) commit();
    while (rig.settled.length === 0) await rig.turns(1);
  });
});
