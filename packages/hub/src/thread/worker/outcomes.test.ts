// What becomes of a message, by what its consumer throws: each outcome is written down, counted, and holds up no more
// than it has to.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PenstockError } from '../../errors.js';
import type { Message } from '../../message.js';
import { DeadLetter, Drop, Halt, RetryAfter } from '../../outcomes.js';
import { ThreadShared } from '../../queue/shared.js';
import { SettleKind, SettleReason } from '../../settlement/settle-record.js';
import { DeliveryRig, type RigOptions } from './delivery-rig.fixture.js';

let rig: DeliveryRig;
afterEach(() => rig.stop());

type Consume = (message: Message, deliveries: number) => unknown;

/** Runs a consumer; `seen` has its deliveries as `<body>/<attempt>`. */
function run(consume: Consume, options: RigOptions & { count?: number } = {}): string[] {
  const seen: string[] = [];
  const messages = Array.from({ length: options.count ?? 3 }, (_, index) => ({ body: String(index) }));
  const counts = new Map<string, number>();
  rig = new DeliveryRig(
    {
      consume(message) {
        const body = message.text();
        seen.push(`${body}/${message.attempt}`);
        counts.set(body, (counts.get(body) ?? 0) + 1);
        return consume(message, counts.get(body) as number);
      },
    },
    { messages, ...options },
  );
  rig.start();
  return seen;
}

/** Tries again at once, for as long as it takes. */
const RETRY = { maxAttempts: 1_000, backoff: { initialMs: 1, maxMs: 1, factor: 1, jitter: 0 } };
const ENDLESS: RigOptions = { delivery: { retry: RETRY } };

const allSettled = (count: number) => vi.waitUntil(() => rig.queue.settled() === count, { timeout: 30_000 });
const tally = (kind: SettleKind, reason: SettleReason): number =>
  rig.state().tallies.find((each) => each.outcome === kind && each.reason === reason)?.count ?? 0;

describe('a message whose consumer throws', () => {
  it('is delivered again with its attempt counted, while the others go on', async () => {
    const seen = run((message) => {
      // Were the others held up, it would never succeed.
      if (message.text() === '0' && !seen.includes('2/1')) throw new Error('not yet');
    }, ENDLESS);
    await allSettled(3);
    expect(seen.filter((each) => !each.startsWith('0'))).toEqual(['1/1', '2/1']);
    const attempts = seen.filter((each) => each.startsWith('0'));
    expect(attempts).toEqual(attempts.map((_, index) => `0/${index + 1}`));
    expect([rig.number(ThreadShared.FAILURES), rig.retrying, rig.held]).toEqual([attempts.length - 1, 0, []]);
    expect(rig.lines[0]).toContain('attempt 1 of 1000; again in 1 ms');
  });

  it('becomes a dead letter after its last attempt', async () => {
    const seen = run((message) => {
      if (message.text() === '1') throw new TypeError('never');
    });
    await allSettled(3);
    expect(seen.filter((each) => each.startsWith('1/'))).toEqual(['1/1', '1/2', '1/3']);
    expect([rig.number(ThreadShared.DEAD_ATTEMPTS), rig.number(ThreadShared.DEAD)]).toEqual([1, 0]);
    expect(tally(SettleKind.DEAD, SettleReason.ATTEMPTS)).toBe(1);
    expect(rig.files.list('/queues/1/dead')).toHaveLength(1);
  });

  it('Drop: is dropped with its reason', async () => {
    const seen = run(() => {
      throw new Drop('of no interest');
    });
    await allSettled(3);
    expect(seen).toEqual(['0/1', '1/1', '2/1']);
    expect(rig.number(ThreadShared.DROPPED)).toBe(3);
    expect(tally(SettleKind.DROPPED, SettleReason.CONSUMER)).toBe(3);
    expect(rig.lines.filter((line) => line.includes('of no interest'))).not.toEqual([]);
  });

  it('DeadLetter: becomes one at once, and the rest goes on', async () => {
    run(async (message) => {
      if (message.text() === '0') throw new DeadLetter('not JSON', { cause: new SyntaxError('at 1') });
    });
    await allSettled(3);
    expect([rig.number(ThreadShared.DEAD), rig.number(ThreadShared.FAILURES)]).toEqual([1, 0]);
    expect(tally(SettleKind.DEAD, SettleReason.CONSUMER)).toBe(1);
  });

  it('RetryAfter: is delivered again after its own time', async () => {
    const seen = run((message, deliveries) => {
      if (message.text() === '0' && deliveries === 1) throw new RetryAfter(20);
    });
    await allSettled(3);
    expect(seen).toEqual(['0/1', '1/1', '2/1', '0/2']);
    expect(rig.lines[0]).toContain('again in 20 ms');
  });

  it('Halt: stays in the queue with no attempt counted, and nothing more is delivered until it may go on', async () => {
    const seen = run((message, deliveries) => {
      if (message.text() === '1' && deliveries === 1) throw new Halt('revoked', { exitCode: 7 });
    });
    await vi.waitUntil(() => rig.halts.length > 0);
    await rig.turns();
    expect(rig.halts).toEqual([{ reason: 'revoked', exitCode: 7 }]);
    expect(seen).toEqual(['0/1', '1/1']);
    expect([rig.queue.paused, rig.settled]).toEqual([true, [0]]);
    rig.queue.paused = false;
    await allSettled(3);
    expect(seen.slice(2).sort()).toEqual(['1/1', '2/1']);
  });
});

describe('retries', () => {
  it('are known after a kill, with attempt, delay and first time', async () => {
    const before = Date.now();
    const backoff = { initialMs: 60_000, maxMs: 60_000, factor: 1, jitter: 0 };
    run(
      (message) => {
        if (message.text() === '1') throw new Error('down');
      },
      { delivery: { retry: { maxAttempts: 3, backoff } } },
    );
    await allSettled(2);
    await rig.turns();
    expect(rig.state().retries).toEqual([
      {
        ordinal: 1,
        attempt: 1,
        crashes: 0,
        delayMs: 60_000,
        failedAt: expect.any(Number),
        firstAt: expect.any(Number),
      },
    ]);
    const [retry] = rig.state().retries;
    expect(retry?.firstAt).toBeGreaterThanOrEqual(before - 1);
    expect(retry?.failedAt).toBeGreaterThanOrEqual(retry?.firstAt as number);
    expect([rig.retrying, rig.held]).toEqual([1, [1]]);
  });

  it.each([
    ['what is left of it', -1_000, 500],
    ['all of it when the clock was set back', 7_200_000, 500],
    ['nothing when the clock was set forward', -7_200_000, 0],
  ])('that were known at the start wait for %s', async (_, failedAgoMs, least) => {
    const failedAt = Date.now() + failedAgoMs;
    const retries = [{ ordinal: 0, attempt: 2, crashes: 0, delayMs: 1_500, failedAt, firstAt: 5 }];
    const begun = performance.now();
    const seen = run(() => {}, { retries });
    await allSettled(3);
    expect(seen.at(least === 0 ? 0 : -1)).toBe('0/3');
    // A bound from below only.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(least === 0 ? 0 : least - 50);
  });

  it('stop the taking of new messages when maxRetrying wait, until one is through', async () => {
    let down = true;
    const seen = run(
      () => {
        if (down) throw new Error('down');
      },
      {
        count: 20,
        delivery: { maxRetrying: 4, retry: RETRY },
      },
    );
    await vi.waitUntil(() => seen.length > 100);
    expect(new Set(seen.map((each) => each.split('/')[0]))).toEqual(new Set(['0', '1', '2', '3']));
    down = false;
    await allSettled(20);
    expect(rig.number(ThreadShared.DEAD_ATTEMPTS)).toBe(0);
  });

  it('hold up the queue in strict order', async () => {
    const seen = run(
      (message, deliveries) => {
        if (message.text() === '1' && deliveries < 3) throw new Error('not yet');
      },
      { count: 5, delivery: { order: 'strict' } },
    );
    await allSettled(5);
    expect(seen).toEqual(['0/1', '1/1', '1/2', '1/3', '2/1', '3/1', '4/1']);
  });

  it.each([1, 4])('hold up their own key alone, with concurrency %i', async (concurrency) => {
    const keys = [7, 8, 7, 8, 7, 8];
    const seen = run(
      async (message) => {
        // Were the other key held up, it would never succeed.
        if (message.text() === '0' && !seen.includes('5/1')) throw new Error('not yet');
      },
      { count: 6, keys, delivery: { order: 'key', concurrency, retry: RETRY } },
    );
    await allSettled(6);
    const of = (bodies: string) => seen.map((each) => each[0] as string).filter((body) => bodies.includes(body));
    expect(of('24')).toEqual(['2', '4']);
    expect(of('135')).toEqual(['1', '3', '5']);
    expect(seen.indexOf('2/1')).toBeGreaterThan(of('0').length);
  });
});

describe('a delivery that takes longer than timeoutMs', () => {
  it('counts as failed, its signal aborts, and its late result is ignored', async () => {
    let release = (): void => {};
    const reasons: unknown[] = [];
    const messages = [{ body: '0' }, { body: '1' }];
    rig = new DeliveryRig(
      {
        consume(message, context) {
          if (message.text() !== '0' || message.attempt > 1) return;
          context.signal.addEventListener('abort', () => reasons.push(context.signal.reason));
          return new Promise<void>((resolve) => {
            release = resolve;
          });
        },
      },
      { messages, delivery: { timeoutMs: 20 } },
    );
    rig.start();
    await allSettled(2);
    expect(reasons).toEqual([expect.any(PenstockError)]);
    expect(reasons[0]).toMatchObject({ code: 'DELIVERY_TIMEOUT' });
    expect([rig.number(ThreadShared.TIMEOUTS), rig.number(ThreadShared.FAILURES)]).toEqual([1, 1]);
    release();
    await rig.turns();
    expect(rig.lines.at(-1)).toMatch(/returned after \d+ ms, too late/);
    expect(rig.queue.settled()).toBe(2);
  });
});

describe('a stop', () => {
  it('leaves what its drain() ends in the queue, with no attempt counted', async () => {
    let end = (): void => {};
    rig = new DeliveryRig({
      consume: () =>
        new Promise<void>((_, reject) => {
          end = () => reject(new Error('drained'));
        }),
      drain: () => end(),
    });
    rig.start();
    await rig.turns();
    rig.lane.control.stop();
    end();
    await rig.stop();
    expect([rig.settled, rig.state().retries, rig.number(ThreadShared.FAILURES), rig.held]).toEqual([[], [], 0, [0]]);
  });
});
