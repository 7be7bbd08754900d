// The rate limit, over every period that there is: threads are instances on one memory, and the clock, which is read
// in the middle of a draw, is where others come in between, or a thread ends.
import { describe, expect, it } from 'vitest';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { RateLimiter } from './rate-limiter.js';

const MS = 1_000_000n;
const ENDED = new Error('the thread has ended');

/** A seeded generator of whole numbers below `below` (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The most begins that any period has, wherever it begins. */
function mostInAnyPeriod(begins: bigint[], periodNs: bigint): number {
  let first = 0;
  let most = 0;
  begins.sort((a, b) => Number(a - b));
  begins.forEach((begin, index) => {
    while ((begins[first] as bigint) + periodNs <= begin) first++;
    most = Math.max(most, index - first + 1);
  });
  return most;
}

/** A time that only the test moves; never 0, which stands for a place that was not drawn yet. */
const clockAt = (startMs: bigint) => {
  const clock = { nowNs: startMs * MS };
  return { clock, read: () => clock.nowNs };
};

describe('the rate limit', () => {
  it('lets as many begin at once as a period has, and the next when the first is a period old', () => {
    const { clock, read } = clockAt(5n);
    const limiter = new RateLimiter(newQueue({ rateTurns: 3 }), { perMs: 100 }, read);
    expect([limiter.waitMs(), limiter.waitMs(), limiter.waitMs()]).toEqual([0, 0, 0]);
    expect(limiter.waitMs()).toBe(100);
    clock.nowNs += 99n * MS + 1n;
    expect(limiter.waitMs(), 'rounded up, so that nobody asks too early').toBe(1);
    clock.nowNs += MS - 1n;
    expect([limiter.waitMs(), limiter.waitMs(), limiter.waitMs()]).toEqual([0, 0, 0]);
    expect(limiter.waitMs()).toBe(100);
  });

  it('does not save up turns that were not used', () => {
    const { clock, read } = clockAt(1n);
    const limiter = new RateLimiter(newQueue({ rateTurns: 2 }), { perMs: 10 }, read);
    limiter.waitMs();
    clock.nowNs += 1_000n * MS;
    expect([limiter.waitMs(), limiter.waitMs()]).toEqual([0, 0]);
    expect(limiter.waitMs()).toBe(10);
  });

  it('of one message a period is drawn by one thread alone', () => {
    const { clock, read } = clockAt(1n);
    const queue = newQueue({ rateTurns: 1 });
    const [a, b] = [new RateLimiter(queue, { perMs: 10 }, read), new RateLimiter(queue, { perMs: 10 }, read)];
    expect([a.waitMs(), b.waitMs(), a.waitMs()]).toEqual([0, 10, 10]);
    clock.nowNs += 10n * MS;
    expect([b.waitMs(), a.waitMs()]).toEqual([0, 10]);
  });

  it('tells a thread that was overtaken in the middle of a draw how long it really has to wait', () => {
    const { clock, read } = clockAt(1n);
    const queue = newQueue({ rateTurns: 2 });
    const other = new RateLimiter(queue, { perMs: 100 }, read);
    const slow = new RateLimiter(queue, { perMs: 100 }, () => {
      if (clock.nowNs === MS) {
        other.waitMs();
        clock.nowNs += 30n * MS;
        other.waitMs();
        clock.nowNs += 30n * MS;
      }
      return clock.nowNs;
    });
    expect(slow.waitMs(), 'until the first is a period old, not the second').toBe(40);
  });

  it('loses no turn when a thread ends after its draw and before it has moved the turn on', () => {
    const { clock, read } = clockAt(1n);
    const queue = newQueue({ rateTurns: 3 });
    const limiter = new RateLimiter(queue, { perMs: 100 }, read);
    limiter.waitMs();
    queue.rateTurn[0] = 0n;
    clock.nowNs += 10n * MS;
    expect([limiter.waitMs(), limiter.waitMs()]).toEqual([0, 0]);
    expect(limiter.waitMs()).toBe(90);
  });

  it.each(seeds(4_001))('is exact while threads draw one after the other, seed %d', (seed) => {
    const { random, messages, perMs, periodNs, clock, read, queue } = setup(seed);
    const threads = Array.from({ length: 1 + random(4) }, () => new RateLimiter(queue, { perMs }, read));
    const begins: bigint[] = [];
    for (let step = 0; step < 500; step++) {
      clock.nowNs += BigInt(random(Math.ceil((2 * Number(periodNs)) / messages)));
      const inPeriod = begins.filter((begin) => begin + periodNs > clock.nowNs);
      const leftNs = inPeriod.length < messages ? 0n : (inPeriod[0] as bigint) + periodNs - clock.nowNs;
      const wait = threads[random(threads.length)]?.waitMs();
      expect(wait).toBe(Math.ceil(Number(leftNs) / Number(MS)));
      if (wait === 0) begins.push(clock.nowNs);
    }
  });

  it.each(seeds(5_001))('holds in every period, whoever comes in between and whoever ends, seed %d', (seed) => {
    const { random, messages, perMs, periodNs, clock, read, queue } = setup(seed);
    const begins: bigint[] = [];
    const threads = Array.from({ length: 4 }, () => ({ busy: false, readNs: 0n }));
    const limiters = threads.map(
      (thread) =>
        new RateLimiter(queue, { perMs }, () => {
          thread.readNs = read();
          for (let others = random(4); others === 3; others = random(4)) {
            draw();
            clock.nowNs += BigInt(random(Number(periodNs) / 4));
          }
          if (random(50) === 0) throw ENDED;
          return thread.readNs;
        }),
    );

    function draw(): void {
      const at = random(threads.length);
      const thread = threads[at] as (typeof threads)[number];
      if (thread.busy) return;
      thread.busy = true;
      try {
        const turn = queue.rateTurn[0] as bigint;
        if (limiters[at]?.waitMs() === 0) {
          begins.push(thread.readNs);
          // As if it had ended before it moved the turn on.
          if (random(10) === 0 && queue.rateTurn[0] === turn + 1n) queue.rateTurn[0] = turn;
        }
      } catch (error) {
        if (error !== ENDED) throw error;
      }
      thread.busy = false;
    }

    for (let step = 0; step < 1_000; step++) {
      clock.nowNs += BigInt(random(Math.ceil((2 * Number(periodNs)) / messages)));
      draw();
    }
    expect(begins.length).toBeGreaterThan(messages);
    expect(mostInAnyPeriod(begins, periodNs)).toBeLessThanOrEqual(messages);
    clock.nowNs += periodNs;
    const last = new RateLimiter(queue, { perMs }, read);
    const drawn = Array.from({ length: messages + 1 }, () => last.waitMs() === 0);
    expect(drawn, 'after a rest, all turns are there again').toEqual([...new Array(messages).fill(true), false]);
  });
});

function seeds(first: number): number[] {
  return Array.from({ length: 20 }, (_, index) => first + index);
}

/** A limit, a clock and a ring that a seed stands for. */
function setup(seed: number) {
  const random = randomFrom(seed);
  const messages = 1 + random(12);
  const perMs = 1 + random(50);
  return {
    random,
    messages,
    perMs,
    periodNs: BigInt(perMs) * MS,
    queue: newQueue({ rateTurns: messages }),
    ...clockAt(1n),
  };
}
