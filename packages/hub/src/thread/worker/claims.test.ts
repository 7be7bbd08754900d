// Claims: every entry goes to one thread, which tells that it holds it from before it has it until it is settled.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clearSlots, readHeld } from '../../queue/held.js';
import { type Interval, IntervalSet } from '../../queue/interval-set.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { MOST_UNCOMMITTED, type QueueShared, ThreadShared } from '../../queue/shared.js';
import { Claims } from './claims.js';

function queueOf(threads: number, enqueued: number, concurrency = 1): QueueShared {
  const queue = newQueue({ threads, mostInFlight: concurrency });
  queue.enqueued.set(enqueued);
  return queue;
}

const threadOf = (queue: QueueShared, index = 0): ThreadShared => queue.threads[index] as ThreadShared;

function claimsOf(queue: QueueShared, index = 0, returned: Interval[] = [], settled: Interval[] = []): Claims {
  return new Claims(queue, threadOf(queue, index), returned, settled);
}

/** Takes what there is, in order, up to `count` entries. */
function take(claims: Claims, most: number, count = Number.POSITIVE_INFINITY): number[] {
  const taken: number[] = [];
  while (taken.length < count && claims.claim(most)) {
    taken.push(claims.next);
    claims.advance();
  }
  return taken;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const numbersIn = (intervals: Iterable<Interval>): number[] =>
  [...intervals].flatMap(({ from, to }) => range(from, to));

describe('a thread’s claims', () => {
  it('take the queue’s entries in order, a run at a time, up to what is enqueued', () => {
    const queue = queueOf(1, 10);
    const claims = claimsOf(queue);
    expect(claims.claim(4)).toBe(true);
    expect([claims.next, claims.left, queue.cursor.get()]).toEqual([0, 4, 4]);
    expect(take(claims, 4)).toEqual(range(0, 10));
    expect(claims.claim(4)).toBe(false);
    queue.enqueued.set(11);
    expect(take(claims, 4)).toEqual([10]);
  });

  it('share the entries among threads, each to one', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ who: fc.nat({ max: 2 }), most: fc.integer({ min: 1, max: 20 }) })), (turns) => {
        const queue = queueOf(3, 100);
        const threads = range(0, 3).map((index) => claimsOf(queue, index));
        const taken = turns.flatMap(({ who, most }) => take(threads[who] as Claims, most, 5));
        for (const claims of threads) taken.push(...take(claims, 256));
        expect(taken.sort((a, b) => a - b)).toEqual(range(0, 100));
      }),
      { numRuns: 200 },
    );
  });

  it('are told of before they are made', () => {
    const queue = queueOf(1, 10);
    let heldAtClaim: Interval[] = [];
    const { cursor } = queue;
    const watched = Object.create(queue, {
      cursor: {
        value: {
          get: () => cursor.get(),
          swap: (from: number, to: number) => {
            heldAtClaim = readHeld(threadOf(queue));
            return cursor.swap(from, to);
          },
        },
      },
    }) as QueueShared;
    expect(new Claims(watched, threadOf(queue), [], []).claim(4)).toBe(true);
    expect(heldAtClaim).toEqual([{ from: 0, to: 4 }]);
    expect(threadOf(queue).words[ThreadShared.CLAIMING]).toBe(0);
  });

  it('tell of no entry that another thread got first', () => {
    const queue = queueOf(1, 10);
    const { cursor } = queue;
    const raced = Object.create(queue, {
      cursor: {
        value: {
          get: () => cursor.get(),
          // Another thread takes all just before.
          swap: (from: number, to: number) => {
            cursor.set(10);
            return cursor.swap(from, to);
          },
        },
      },
    }) as QueueShared;
    expect(new Claims(raced, threadOf(queue), [], []).claim(4)).toBe(false);
    expect(readHeld(threadOf(queue))).toEqual([]);
    expect(threadOf(queue).words[ThreadShared.CLAIMING]).toBe(0);
  });

  it('are held until they are settled and that is published, in order or not', () => {
    const queue = queueOf(1, 10, 5);
    const claims = claimsOf(queue);
    claims.claim(6);
    const slot = claims.detach();
    claims.detach();
    claims.advance();
    claims.publish();
    expect(numbersIn(readHeld(threadOf(queue))).sort()).toEqual([0, 1, 3, 4, 5]);
    expect(claims.outstanding).toBe(2);
    claims.settle(slot);
    claims.advance();
    expect(numbersIn(readHeld(threadOf(queue))).sort()).toEqual([0, 1, 3, 4, 5]);
    claims.publish();
    expect(numbersIn(readHeld(threadOf(queue))).sort()).toEqual([1, 4, 5]);
  });

  it('begin with what an ended thread left', () => {
    const queue = queueOf(1, 20);
    queue.cursor.set(10);
    const claims = claimsOf(queue, 0, [
      { from: 2, to: 3 },
      { from: 7, to: 9 },
    ]);
    expect(take(claims, 4, 5)).toEqual([2, 7, 8, 10, 11]);
  });

  it('pass over what was settled before the start, and do not hold it', () => {
    const settled = fc.array(fc.tuple(fc.nat({ max: 99 }), fc.integer({ min: 1, max: 40 })), { maxLength: 8 });
    fc.assert(
      fc.property(settled, fc.integer({ min: 1, max: 50 }), (pairs, most) => {
        const queue = queueOf(1, 100);
        const before = new IntervalSet();
        for (const [from, count] of pairs) before.add(from, Math.min(from + count, 100));
        const claims = claimsOf(queue, 0, [], [...before]);
        const taken: number[] = [];
        while (claims.claim(most)) {
          expect(numbersIn(readHeld(threadOf(queue))).filter((ordinal) => before.has(ordinal))).toEqual([]);
          taken.push(claims.next);
          claims.advance();
          claims.publish();
        }
        expect(taken).toEqual(range(0, 100).filter((ordinal) => !before.has(ordinal)));
        expect(readHeld(threadOf(queue))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('never come to hold more than the list has room for, and lose nothing, however often the thread ends', () => {
    const step = fc.record({
      kind: fc.constantFrom('detach', 'detach', 'detach', 'advance', 'settle', 'publish', 'end'),
      which: fc.nat(),
      times: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.constantFrom(1, 5), (steps, concurrency) => {
        const total = 3_000;
        const queue = queueOf(1, total, concurrency);
        const settled = new IntervalSet();
        let repeats = 0;
        const settle = (ordinal: number) => {
          if (settled.has(ordinal)) repeats++;
          settled.add(ordinal, ordinal + 1);
        };
        let claims = claimsOf(queue);
        let inFlight: { ordinal: number; slot: number }[] = [];
        const act = (kind: string, which: number) => {
          if (kind === 'publish') claims.publish();
          else if (kind === 'settle' && inFlight.length > 0) {
            const [{ ordinal, slot }] = inFlight.splice(which % inFlight.length, 1) as [(typeof inFlight)[number]];
            settle(ordinal);
            claims.settle(slot);
          } else if (kind === 'end') {
            const held = IntervalSet.of(readHeld(threadOf(queue)));
            const returned = [...held].flatMap(({ from, to }) => settled.gaps(from, to));
            clearSlots(threadOf(queue));
            claims = claimsOf(queue, 0, returned);
            claims.publish();
            inFlight = [];
          } else if (kind === 'detach' || kind === 'advance') {
            // As the loop does it: no more in flight than this, and a claim only when nothing of the last one is left.
            if (claims.outstanding >= concurrency + MOST_UNCOMMITTED - 1) return;
            if (!claims.hasSlot) claims.publish();
            if (!claims.claim(256)) return;
            if (kind === 'detach') {
              inFlight.push({ ordinal: claims.next, slot: claims.detach() });
            } else {
              settle(claims.next);
              claims.advance();
            }
          }
        };
        for (const { kind, which, times } of steps) for (let left = times; left > 0; left--) act(kind, which);
        while (inFlight.length > 0) act('settle', 0);
        while (claims.claim(256)) act('advance', 0);
        expect([repeats, [...settled]]).toEqual([0, [{ from: 0, to: total }]]);
      }),
      { numRuns: 60 },
    );
  });
});
