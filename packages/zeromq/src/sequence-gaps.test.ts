import type { Headers } from '@penstock/hub/source';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SequenceGap, SequenceGaps } from './sequence-gaps.js';

/** Follows so many publishers, and keeps the gaps that it tells of. */
function follow(mostPublishers?: number) {
  const gaps: SequenceGap[] = [];
  const sequences = new SequenceGaps((gap) => gaps.push(gap), mostPublishers);
  const hear = (publisher: string, ...numbers: number[]) => {
    for (const number of numbers) sequences.note({ publisher, sequence: `${number}` });
  };
  return { gaps, sequences, hear };
}

describe('SequenceGaps', () => {
  test('tells which numbers were skipped', () => {
    const { gaps, hear } = follow();
    hear('a', 1, 2, 5, 6, 8);
    expect(gaps).toEqual([
      { publisher: 'a', first: 3, last: 4 },
      { publisher: 'a', first: 7, last: 7 },
    ]);
  });

  test('takes whatever comes first of a publisher for its beginning', () => {
    const { gaps, hear } = follow();
    hear('a', 57, 58);
    hear('b', 0, 1);
    expect(gaps).toEqual([]);
  });

  test('follows each publisher by itself', () => {
    const { gaps, hear } = follow();
    hear('a', 1);
    hear('b', 10);
    hear('a', 2);
    hear('b', 11);
    hear('a', 4);
    expect(gaps).toEqual([{ publisher: 'a', first: 3, last: 3 }]);
  });

  test.each([
    ['one message sent again', [1, 2, 3, 3, 4]],
    ['a window sent again', [1, 2, 3, 4, 2, 3, 4, 5]],
    ['some of a window sent again', [1, 2, 3, 4, 5, 2, 4, 6]],
    ['the very first sent again', [1, 2, 3, 1, 4]],
    ['all from the first sent again', [1, 2, 3, 1, 2, 3, 4]],
    ['a start from 1', [1, 2, 3, 1, 2, 3, 4, 5]],
    ['a start from 0', [0, 1, 2, 0, 1, 2, 3]],
  ])('finds no gap in %s', (_, numbers) => {
    const { gaps, hear } = follow();
    hear('a', ...numbers);
    expect(gaps).toEqual([]);
  });

  test('finds the gaps of a publisher that has started again', () => {
    const { gaps, hear } = follow();
    hear('a', 1, 2, 3, 4, 5, 1, 4);
    expect(gaps).toEqual([{ publisher: 'a', first: 2, last: 3 }]);
  });

  test.each([
    ['no headers of the kind', {}],
    ['a publisher alone', { publisher: 'a' }],
    ['a number alone', { sequence: '9' }],
    ['no number', { publisher: 'a', sequence: 'nine' }],
    ['a number with a sign', { publisher: 'a', sequence: '+9' }],
    ['a fraction', { publisher: 'a', sequence: '9.5' }],
    ['nothing for a number', { publisher: 'a', sequence: '' }],
    ['a number that is not exact any more', { publisher: 'a', sequence: '9007199254740993' }],
    ['a name without end', { publisher: 'a'.repeat(256), sequence: '9' }],
  ] satisfies [string, Headers][])('learns nothing from %s', (_, headers) => {
    const { gaps, sequences, hear } = follow();
    hear('a', 1);
    sequences.note(headers);
    hear('a', 2);
    sequences.note(headers);
    expect(gaps).toEqual([]);
  });

  test('remembers so many publishers, and lets go of the one not heard of for longest', () => {
    const { gaps, hear } = follow(3);
    for (const publisher of ['a', 'b', 'c', 'a', 'd']) hear(publisher, 1);
    hear('b', 9); // forgotten: a beginning
    hear('a', 9);
    expect(gaps).toEqual([{ publisher: 'a', first: 2, last: 8 }]);
  });

  test('adds up to what is missing, whatever is missing and whoever else is heard', () => {
    const sent = fc.array(fc.record({ publisher: fc.constantFrom('a', 'b', 'c'), lost: fc.boolean() }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(sent, (messages) => {
        const { gaps, hear } = follow();
        const last = new Map<string, number>();
        const got = new Map<string, number[]>();
        for (const { publisher, lost } of messages) {
          const number = (last.get(publisher) ?? 0) + 1;
          last.set(publisher, number);
          if (lost) continue;
          got.set(publisher, [...(got.get(publisher) ?? []), number]);
          hear(publisher, number);
        }
        // Between the first and the last that came.
        const missing = [...got.values()].map(
          (numbers) => Number(numbers.at(-1)) - Number(numbers[0]) + 1 - numbers.length,
        );
        const counted = gaps.reduce((sum, gap) => sum + gap.last - gap.first + 1, 0);
        expect(counted).toBe(missing.reduce((sum, count) => sum + count, 0));
      }),
    );
  });
});
