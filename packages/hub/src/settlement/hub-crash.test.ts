// What a crash of the whole hub is put down to, as far as its logs tell.
import { describe, expect, it } from 'vitest';
import { IntervalSet } from '../queue/interval-set.js';
import { blameCrash, withCrashed } from './hub-crash.js';
import { IN_ITS_TURN, type PendingRetry } from './settle-record.js';
import type { SettledState } from './settled-state.js';

const NOW = 9_000;

const delivery = (ordinal: number, attempt: number, crashes: number): PendingRetry => ({
  ordinal,
  attempt,
  crashes,
  delayMs: 0,
  failedAt: 1_000,
  firstAt: 500,
});

const stateWith = (starts: readonly PendingRetry[]): SettledState => ({
  settled: new IntervalSet(),
  retries: [],
  starts,
  tallies: [],
  logs: [],
  nextIncarnation: 1,
  tornBytes: 0,
  dead: { ever: 0, sinceStart: 0 },
  damaged: [],
});

describe('a crash of the hub', () => {
  it('is put down to all that was being delivered, where nothing was suspected', () => {
    const blamed = blameCrash([stateWith([delivery(3, 0, 0), delivery(4, 2, 0)]), stateWith([delivery(9, 0, 0)])], NOW);
    expect(blamed.map((each) => each.map(({ ordinal, crashes }) => [ordinal, crashes]))).toEqual([
      [
        [3, 1],
        [4, 1],
      ],
      [[9, 1]],
    ]);
  });

  it('is put down to the suspect alone that had its turn, whatever was in flight beside it', () => {
    // The other suspect ended a thread, no hub: it has no turn, and may always be in flight.
    const inTurn = { ...delivery(4, 2, 1), delayMs: IN_ITS_TURN };
    const blamed = blameCrash([stateWith([delivery(3, 0, 1), inTurn]), stateWith([delivery(9, 0, 0)])], NOW);
    expect(blamed).toEqual([[{ ...delivery(4, 2, 2), failedAt: NOW }], []]);
  });

  it('adds to what is known of an entry, and keeps when it was first delivered', () => {
    const known = [delivery(1, 3, 0), { ...delivery(4, 2, 1), firstAt: 77 }];
    expect(withCrashed(known, [{ ...delivery(4, 2, 2), firstAt: 0 }, delivery(2, 0, 1)])).toEqual([
      delivery(1, 3, 0),
      delivery(2, 0, 1),
      { ...delivery(4, 2, 2), firstAt: 77 },
    ]);
  });
});
