import { describe, expect, it } from 'vitest';
import { keepsBounds } from './bounds.mjs';

/** @param {Partial<import('./bounds.mjs').Bounded>} row */
const keeps = (row) => keepsBounds({ ratio: null, better: 'higher', floor: null, over: null, mostOver: null, ...row });

describe('a row', () => {
  it('keeps its floor from above where more is better, and from below where less is', () => {
    expect(keeps({ ratio: 0.8, floor: 0.8 })).toBe(true);
    expect(keeps({ ratio: 0.79, floor: 0.8 })).toBe(false);
    expect(keeps({ ratio: 2, floor: 2, better: 'lower' })).toBe(true);
    expect(keeps({ ratio: 2.1, floor: 2, better: 'lower' })).toBe(false);
  });

  it('that is bounded by what it is over its reference is not held to a ratio', () => {
    expect(keeps({ ratio: 40, over: 50, mostOver: 50, better: 'lower' })).toBe(true);
    expect(keeps({ ratio: 1.1, over: 51, mostOver: 50, better: 'lower' })).toBe(false);
  });

  it('without a bound, or without a figure, keeps all there are', () => {
    expect(keeps({ ratio: 0.01 })).toBe(true);
    expect(keeps({ floor: 0.8 })).toBe(true);
  });
});
