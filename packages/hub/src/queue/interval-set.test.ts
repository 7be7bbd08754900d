// A set of intervals says of every number what a plain set of numbers says.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Interval, IntervalSet } from './interval-set.js';

const MOST = 40;
const number = fc.nat({ max: MOST });
const change = fc.record({
  kind: fc.constantFrom('add' as const, 'add' as const, 'add' as const, 'dropBelow' as const, 'dropFrom' as const),
  a: number,
  b: number,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function apply(set: IntervalSet, model: Set<number>, { kind, a, b }: Change): void {
  if (kind === 'add') {
    set.add(a, b);
    for (let each = a; each < b; each++) model.add(each);
  } else {
    set[kind](a);
    for (const each of model) if (kind === 'dropBelow' ? each < a : each >= a) model.delete(each);
  }
}

const all = (intervals: Iterable<Interval>): number[] => {
  const numbers: number[] = [];
  for (const { from, to } of intervals) for (let each = from; each < to; each++) numbers.push(each);
  return numbers;
};
const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);

describe('an interval set', () => {
  it('has the numbers that a plain set has, after whatever was added and dropped', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
        const set = new IntervalSet();
        const model = new Set<number>();
        for (const each of changes) apply(set, model, each);
        expect(all(set)).toEqual(sorted(model));
        for (let each = 0; each <= MOST + 1; each++) expect(set.has(each)).toBe(model.has(each));
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps as few intervals as there can be: sorted, and none touches the next', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
        const set = new IntervalSet();
        for (const each of changes) apply(set, new Set(), each);
        const intervals = [...set];
        expect(set.size).toBe(intervals.length);
        let end = -1;
        for (const { from, to } of intervals) {
          expect(from).toBeGreaterThan(end);
          expect(to).toBeGreaterThan(from);
          end = to;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('names the gaps in any stretch', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 15 }), number, number, (changes, from, to) => {
        const set = new IntervalSet();
        const model = new Set<number>();
        for (const each of changes) apply(set, model, each);
        const missing = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index).filter(
          (each) => !model.has(each),
        );
        const gaps = set.gaps(from, to);
        expect(all(gaps)).toEqual(missing);
        expect(gaps.every((gap) => gap.from < gap.to)).toBe(true);
        expect(set.firstMissing(from)).toBe(set.gaps(from, MOST + 2)[0]?.from);
      }),
      { numRuns: 1000 },
    );
  });
});
