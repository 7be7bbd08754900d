// When a hub is ready: what somebody wanted so is no reason against it, what is broken is.
import { describe, expect, it } from 'vitest';
import { notReady } from './readiness.js';
import { exampleConsumer } from './snapshot.fixture.js';

const ROOM = { bytes: 0, limitBytes: 1_048_576, full: undefined };

const reasons = (...consumers: ReturnType<typeof exampleConsumer>[]) =>
  notReady({ state: 'running', failure: undefined, consumers, disk: ROOM });

describe('a hub', () => {
  it('is ready while its consumers run, are paused, left out or removed', () => {
    const states = ['running', 'paused', 'not-run', 'removed'] as const;
    expect(reasons(...states.map((state) => exampleConsumer(state, { state })))).toEqual([]);
  });

  it('is not while one of them has failed or halted, and says why and what to do', () => {
    expect(
      reasons(
        exampleConsumer('badges', { state: 'failed', problem: 'thread 0: its thread ended' }),
        exampleConsumer('chat', { state: 'halted', problem: 'the key is gone' }),
        exampleConsumer('slow', { state: 'starting' }),
      ),
    ).toEqual([
      'consumer "badges" is failed: thread 0: its thread ended',
      'consumer "chat" has halted: the key is gone; "hub resume chat" lets it go on',
      'consumer "slow" is starting',
    ]);
  });

  it('is not before it is started, nor when it can take nothing more', () => {
    const failure = new Error('the disk is gone');
    expect(notReady({ state: 'stopped', failure, consumers: [], disk: ROOM })).toEqual(['the hub is not started']);
    expect(notReady({ state: 'stopping', failure, consumers: [], disk: { ...ROOM, full: 'limit' } })).toEqual([
      'the hub is stopping',
      'the disk is gone',
      'nothing is taken: the data directory is at maxDiskBytes, 1048576 bytes',
    ]);
  });
});
