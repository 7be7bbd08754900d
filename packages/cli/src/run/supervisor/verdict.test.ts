import { describe, expect, test } from 'vitest';
import { type HubLife, judge } from './verdict.js';

const AT_WORK = { stopAsked: false, hasRun: true };
const AT_FIRST = { stopAsked: false, hasRun: false };
const STOPPING = { stopAsked: true, hasRun: true };

const life = (parts: Partial<HubLife>): HubLife => ({
  pid: 12,
  code: null,
  signal: null,
  spawnError: undefined,
  killedBecause: undefined,
  ending: undefined,
  endedWith: undefined,
  readyMs: undefined,
  ...parts,
});

const failed = { why: 'failed: the disk', restart: true };
const asked = { why: 'was asked to stop by SIGTERM', restart: false };

describe('the hub is started again', () => {
  const cases: [what: string, life: Partial<HubLife>, why: string][] = [
    ['that was killed', { signal: 'SIGKILL' }, 'process 12 was ended by SIGKILL'],
    ['that crashed', { signal: 'SIGSEGV' }, 'process 12 was ended by SIGSEGV'],
    ['that was stuck', { signal: 'SIGKILL', killedBecause: 'was stuck' }, 'process 12 was stuck'],
    ['that has failed', { code: 21, ending: failed, endedWith: 21 }, 'process 12 failed: the disk'],
    ['that has failed, with a thread that hangs', { signal: 'SIGKILL', ending: failed }, 'process 12 failed: the disk'],
    [
      'that cannot start any more',
      { code: 12, endedWith: 12 },
      'process 12 ended with exit code 12, and was not asked to',
    ],
    [
      'that was ended by its own process.exit(0)',
      { code: 0 },
      'process 12 ended with exit code 0, and was not asked to',
    ],
    [
      'for which there was no process',
      { pid: undefined, spawnError: new Error('spawn EAGAIN') },
      'it could not be started: spawn EAGAIN',
    ],
  ];
  test.each(cases)('%s', (_what, parts, why) => {
    expect(judge(life(parts), AT_WORK)).toEqual({ kind: 'restart', why });
  });

  test.each(cases.slice(0, 3))('%s, also while it started for the first time', (_what, parts, why) => {
    expect(judge(life(parts), AT_FIRST)).toEqual({ kind: 'restart', why });
  });
});

describe('the supervisor leaves with the hub', () => {
  test.each<[what: string, life: Partial<HubLife>, as: number | NodeJS.Signals]>([
    ['that has stopped in order', { code: 0, ending: asked, endedWith: 0 }, 0],
    ['that has halted', { code: 7, ending: { why: 'has halted', restart: false }, endedWith: 7 }, 7],
    ['that has stopped in order, with a thread that hangs', { signal: 'SIGKILL', ending: asked, endedWith: 0 }, 0],
    ['that was ended by a signal that asks for that', { signal: 'SIGINT' }, 'SIGINT'],
  ])('%s', (_what, parts, as) => {
    expect(judge(life(parts), AT_WORK)).toEqual({ kind: 'leave', as });
  });

  test.each<[what: string, life: Partial<HubLife>, as: number | NodeJS.Signals]>([
    ['that could not start', { code: 12, endedWith: 12 }, 12],
    ['that could not start, with a thread that hangs', { signal: 'SIGKILL', endedWith: 14 }, 14],
    ['that failed while it started', { code: 1, ending: failed, endedWith: 1 }, 1],
    ['for which there was no process', { pid: undefined, spawnError: new Error('spawn EAGAIN') }, 1],
  ])('%s the first time', (_what, parts, as) => {
    expect(judge(life(parts), AT_FIRST)).toEqual({ kind: 'leave', as });
  });

  test.each<[what: string, life: Partial<HubLife>, as: number | NodeJS.Signals]>([
    ['is killed', { signal: 'SIGKILL' }, 'SIGKILL'],
    ['fails', { code: 21, ending: failed, endedWith: 21 }, 21],
    ['is stuck', { signal: 'SIGKILL', killedBecause: 'was stuck' }, 'SIGKILL'],
  ])('that %s when it was asked to stop', (_what, parts, as) => {
    expect(judge(life(parts), STOPPING)).toEqual({ kind: 'leave', as });
  });
});
