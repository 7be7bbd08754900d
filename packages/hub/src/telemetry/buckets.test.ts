import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKET_BOUNDS_SECONDS, BUCKET_COUNT, bucketIndex } from './buckets.js';

/** The first bucket whose bound is not below the duration. */
function naiveIndex(durationMs: number): number {
  const index = BUCKET_BOUNDS_SECONDS.findIndex((bound) => durationMs * 1000 <= Math.round(bound * 1e6));
  return index === -1 ? BUCKET_COUNT - 1 : index;
}

describe('the duration buckets', () => {
  it('ascend from tens of microseconds to minutes, with one more for all that is longer', () => {
    expect(BUCKET_COUNT).toBe(BUCKET_BOUNDS_SECONDS.length + 1);
    expect(BUCKET_BOUNDS_SECONDS[0]).toBe(0.000016);
    expect(BUCKET_BOUNDS_SECONDS.at(-1)).toBeGreaterThan(100);
    expect(BUCKET_BOUNDS_SECONDS).toEqual(BUCKET_BOUNDS_SECONDS.toSorted((a, b) => a - b));
  });

  it('are found as a search over the bounds finds them', () => {
    const magnitudes = fc.double({ min: -6, max: 9, noNaN: true }).map((exponent) => 10 ** exponent);
    fc.assert(
      fc.property(magnitudes, (durationMs) => {
        expect(bucketIndex(durationMs)).toBe(naiveIndex(durationMs));
      }),
      { numRuns: 2_000 },
    );
  });

  it('include their bound, as le says', () => {
    for (const [index, bound] of BUCKET_BOUNDS_SECONDS.entries()) {
      const boundMs = Math.round(bound * 1e6) / 1000;
      expect(bucketIndex(boundMs)).toBe(index);
      expect(bucketIndex(boundMs * 1.0001)).toBe(index + 1);
    }
  });

  it('take whatever a clock may say', () => {
    expect(bucketIndex(0)).toBe(0);
    expect(bucketIndex(-5)).toBe(0);
    expect(bucketIndex(Number.NaN)).toBe(0);
    expect(bucketIndex(Number.POSITIVE_INFINITY)).toBe(BUCKET_COUNT - 1);
    expect(bucketIndex(2 ** 40)).toBe(BUCKET_COUNT - 1);
  });
});
