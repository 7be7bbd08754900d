import { expect, it } from 'vitest';
import { PLAIN } from '../table/look.js';
import { renderStandings, standingLine } from './render-standings.js';
import { standing } from './standing.fixture.js';

it('each fault is a line, and says how it stands', () => {
  const standings = [
    standing({}),
    standing({ fault: 'sigterm', state: 'running', cycles: 2 }),
    standing({ fault: 'stall', state: 'waiting', cycles: 0 }),
    standing({ fault: 'clock-jump', state: 'skipped', missing: 'no libfaketime', cycles: 0 }),
    standing({ fault: 'overload', lost: 2, problems: ['one', 'two'] }),
  ];
  expect(renderStandings(standings, PLAIN)).toEqual([
    'fault       cycles  accepted  delivered  lost  duplicated  dead letters  result',
    'kill            30    12,345     61,725     0          17             3  ok',
    'sigterm          2    12,345     61,725     0          17             3  running',
    'stall            -         -          -     -           -             -  waiting',
    'clock-jump       -         -          -     -           -             -  skipped: no libfaketime',
    'overload        30    12,345     61,725     2          17             3  2 problems',
  ]);
});

it('a log has the same in words', () => {
  expect(standingLine(standing({}))).toBe('kill: 30 cycles, 12,345 accepted, 0 lost, 17 duplicated: ok');
  expect(standingLine(standing({ cycles: 1, problems: ['x'] }))).toContain('1 cycle, 12,345 accepted');
});
