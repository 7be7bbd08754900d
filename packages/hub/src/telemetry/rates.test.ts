import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catchUpSeconds, Rate } from './rates.js';

const steps = fc.array(
  fc.record({ elapsedMs: fc.integer({ min: 1, max: 60_000 }), grown: fc.integer({ min: 0, max: 1_000_000 }) }),
  { minLength: 1, maxLength: 50 },
);

function sampled(taken: readonly { elapsedMs: number; grown: number }[], rate = new Rate()): Rate {
  let [total, atMs] = [1_000, 5_000];
  rate.sample(total, atMs);
  for (const { elapsedMs, grown } of taken) {
    total += grown;
    atMs += elapsedMs;
    rate.sample(total, atMs);
  }
  return rate;
}

describe('Rate', () => {
  it('is 0 before there are two samples', () => {
    const rate = new Rate();
    expect(rate.perSecond).toBe(0);
    rate.sample(1_000_000, 0);
    expect(rate.perSecond).toBe(0);
  });

  it('shows a steady rate from the second sample on, however the samples lie', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1 }), (elapsed) => {
        const rate = sampled(elapsed.map((elapsedMs) => ({ elapsedMs, grown: elapsedMs * 0.25 })));
        expect(rate.perSecond).toBeCloseTo(250, 6);
      }),
    );
  });

  it('stays between the slowest and the fastest stretch', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const each = taken.map(({ elapsedMs, grown }) => (grown / elapsedMs) * 1000);
        const { perSecond } = sampled(taken);
        expect(perSecond).toBeGreaterThanOrEqual(Math.min(...each) * (1 - 1e-9));
        expect(perSecond).toBeLessThanOrEqual(Math.max(...each) * (1 + 1e-9));
      }),
    );
  });

  it('does not depend on how often a steady stretch is sampled', () => {
    const once = sampled([
      { elapsedMs: 8_000, grown: 800 },
      { elapsedMs: 4_000, grown: 4_000 },
    ]);
    const often = sampled([
      ...Array.from({ length: 80 }, () => ({ elapsedMs: 100, grown: 10 })),
      ...Array.from({ length: 40 }, () => ({ elapsedMs: 100, grown: 100 })),
    ]);
    expect(often.perSecond).toBeCloseTo(once.perSecond, 6);
  });

  it('forgets with its time constant: after one, about a third of the old rate is left', () => {
    const rate = sampled([
      { elapsedMs: 1_000_000, grown: 1_000_000 },
      { elapsedMs: 10_000, grown: 0 },
    ]);
    expect(rate.perSecond).toBeCloseTo(1_000 / Math.E, 3);
  });

  it('counts a counter that went back as standing still, and goes on from there', () => {
    const rate = new Rate();
    rate.sample(100, 0);
    rate.sample(40, 1_000);
    expect(rate.perSecond).toBe(0);
    rate.sample(140, 2_000);
    expect(rate.perSecond).toBeGreaterThan(0);
    expect(rate.perSecond).toBeLessThanOrEqual(100);
  });

  it('leaves out a sample that is not later than the last, without losing what it counted', () => {
    const rate = new Rate();
    rate.sample(0, 1_000);
    rate.sample(500, 1_000);
    rate.sample(999, 500);
    rate.sample(1_000, 2_000);
    expect(rate.perSecond).toBeCloseTo(1_000, 6);
  });
});

describe('catchUpSeconds', () => {
  const rates = fc.double({ min: 0, max: 1e6, noNaN: true });

  it('is 0 with no backlog, and Infinity when it is not catching up', () => {
    expect(catchUpSeconds(0, 10, 0)).toBe(0);
    expect(catchUpSeconds(1, 10, 10)).toBe(Number.POSITIVE_INFINITY);
    expect(catchUpSeconds(1, 0, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(catchUpSeconds(100, 10, 60)).toBe(2);
  });

  it('is never negative and never NaN', () => {
    fc.assert(
      fc.property(fc.nat(), rates, rates, (backlog, arrivals, settled) => {
        expect(catchUpSeconds(backlog, arrivals, settled)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('grows with the backlog and with the arrivals', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), rates, rates, (backlog, arrivals, settled) => {
        const here = catchUpSeconds(backlog, arrivals, settled);
        expect(catchUpSeconds(backlog * 2, arrivals, settled)).toBeGreaterThanOrEqual(here);
        expect(catchUpSeconds(backlog, arrivals * 2, settled)).toBeGreaterThanOrEqual(here);
      }),
    );
  });
});
