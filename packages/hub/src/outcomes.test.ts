// What a consumer throws is understood as an outcome, also when it was made by another copy of the classes.
import { describe, expect, it } from 'vitest';
import { DeadLetter, Drop, Halt, MOST_DELAY_MS, outcomeOf, RetryAfter } from './outcomes.js';

const cause = new Error('the disk is gone');

describe('what a consumer throws', () => {
  it.each([
    [new Drop('no rule for it'), { kind: 'drop', reason: 'no rule for it' }],
    [new DeadLetter('not JSON', { cause }), { kind: 'dead-letter', reason: 'not JSON', cause }],
    [new RetryAfter(1_500, { cause }), { kind: 'retry-after', delayMs: 1_500, cause }],
    [new RetryAfter(MOST_DELAY_MS), { kind: 'retry-after', delayMs: MOST_DELAY_MS }],
    [new RetryAfter(0.4), { kind: 'retry-after', delayMs: 0 }],
    [new Halt('revoked', { exitCode: 3, cause }), { kind: 'halt', reason: 'revoked', exitCode: 3, cause }],
  ])('is taken as it says: %s', (thrown, outcome) => {
    expect(outcomeOf(thrown)).toEqual({ cause: undefined, ...outcome });
  });

  it.each([-3, Number.NaN, 1e300, '5', undefined])(
    'cannot be RetryAfter(%s): that is an error of its own',
    (delayMs) => {
      expect(() => new RetryAfter(delayMs as number)).toThrow(RangeError);
    },
  );

  it.each([-1, 256, 1.5, '7'])('cannot be Halt with exit code %s', (exitCode) => {
    expect(() => new Halt('revoked', { exitCode: exitCode as number })).toThrow(RangeError);
  });

  it('is known by its mark, from whatever copy of the class it is', () => {
    const foreign = Object.assign(new Error('old'), { [Symbol.for('penstock.outcome')]: true, outcome: 'drop' });
    expect(outcomeOf(foreign)).toMatchObject({ kind: 'drop', reason: 'old' });
  });

  it('is else a plain failure, whatever it is', () => {
    const hostile = new Proxy(
      {},
      {
        has: () => {
          throw new Error('no');
        },
      },
    );
    for (const thrown of [undefined, null, 'text', new Error('plain'), { outcome: 'drop' }, hostile]) {
      expect(outcomeOf(thrown)).toBeUndefined();
    }
  });
});
