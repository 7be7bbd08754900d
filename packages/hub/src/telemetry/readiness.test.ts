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

  it('is not while a thread of one of them blocks, whose message it names where there is one', () => {
    const stall = { threadIndex: 1, forMs: 7_249, position: undefined, topic: undefined };
    const stalled = [stall, { ...stall, threadIndex: 0, position: 85, topic: 'a.b' }, { ...stall, position: 9 }];
    expect(reasons(exampleConsumer('slow', { state: 'stalled', stalled }))).toEqual([
      'consumer "slow" is stalled: thread 1 has not let its event loop turn for 7.2 s',
      'consumer "slow" is stalled: thread 0 has not let its event loop turn for 7.2 s, with "a.b" at position 85',
      'consumer "slow" is stalled: thread 1 has not let its event loop turn for 7.2 s, with the message at position 9',
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
