import type { PenstockError } from '@penstock/hub';
import type { Standing } from '@penstock/torture';
import { expect, it } from 'vitest';
import { outcome } from './outcome.js';
import { standing } from './standing.fixture.js';

const skipped = standing({ fault: 'clock-jump', state: 'skipped', missing: 'no libfaketime', cycles: 0 });

function errorOf(standings: readonly Standing[]): Pick<PenstockError, 'code' | 'exitCode' | 'message'> {
  try {
    outcome(standings, 7, undefined);
  } catch (error) {
    return error as PenstockError;
  }
  throw new Error('it passed');
}

it('what was tried and kept is 0, also beside what was skipped; what a signal ended has its code', () => {
  expect(outcome([standing({}), skipped], 7, undefined)).toBe(0);
  expect(outcome([standing({}), skipped], 7, 'SIGINT')).toBe(130);
});

it('a run whose every fault was skipped does not pass, and says why', () => {
  const message = 'clock-jump was skipped: no libfaketime\nnothing was tried';
  expect(errorOf([skipped])).toMatchObject({ code: 'TORTURE_SKIPPED', exitCode: 71, message });
});

it('problems are told with the seed and what was kept, whatever else was skipped', () => {
  const { code, message } = errorOf([skipped, standing({ problems: ['one is lost'], kept: ['/tmp/1-kill'] })]);
  expect(code).toBe('TORTURE_FAILED');
  expect(message).toBe('kill: one is lost\nnot all is as promised, with seed 7; kept to look into: /tmp/1-kill');
});
