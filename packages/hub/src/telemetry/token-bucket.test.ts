import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.js';

describe('TokenBucket', () => {
  it('lets its capacity through at once, then its rate', () => {
    const bucket = new TokenBucket(10, 20, 0);
    const takenAt = (ms: number) => Array.from({ length: 100 }, () => bucket.take(ms)).filter(Boolean).length;
    expect(takenAt(0)).toBe(20);
    expect(takenAt(1_000)).toBe(10);
    expect(takenAt(1_050)).toBe(0);
    expect(takenAt(1_100)).toBe(1);
    expect(takenAt(1_000_000)).toBe(20);
  });

  it('says beforehand whether there is a token, without taking it', () => {
    const bucket = new TokenBucket(1, 1, 0);
    expect(bucket.has(0)).toBe(true);
    expect(bucket.take(0)).toBe(true);
    expect(bucket.has(0)).toBe(false);
    expect(bucket.take(0)).toBe(false);
  });

  it('never lets through more than its capacity and what dripped in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 }), (waits) => {
        const bucket = new TokenBucket(7, 14, 0);
        let [nowMs, taken] = [0, 0];
        for (const wait of waits) {
          nowMs += wait;
          if (bucket.take(nowMs)) taken++;
        }
        expect(taken).toBeLessThanOrEqual(14 + (nowMs / 1000) * 7 + 1e-6);
      }),
    );
  });
});
