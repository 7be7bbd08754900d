// When a loop waits, and for what: never for a moment that has gone by.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { LoopControl, type LoopControlParts } from './loop-control.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const queue = newQueue({ threads: 1 });
const control = (concurrency: number): LoopControl =>
  new LoopControl({
    concurrency,
    mostUncommitted: 1,
    queue,
    settlements: {} as LoopControlParts['settlements'],
    waiting: { nextDueMs: Number.POSITIVE_INFINITY } as LoopControlParts['waiting'],
    clock: { beginTurn: () => {}, turnIsOver: () => false } as unknown as LoopControlParts['clock'],
  });

/** Looks once more, as each loop does, and then waits; resolves once it does. */
async function wait(loop: LoopControl): Promise<void> {
  await loop.beforeNext();
  void loop.beforeNext();
}

describe('a loop that may begin nothing waits without a timer', () => {
  it('while its consumer is paused', async () => {
    queue.paused = true;
    await wait(control(1));
    expect(vi.getTimerCount()).toBe(0);
    queue.paused = false;
  });

  it('while all places are taken', async () => {
    const loop = control(1);
    loop.occupy(1, false);
    await wait(loop);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('while they are taken by one that has been alone for longer than it may', async () => {
    const loop = control(1);
    loop.occupy(1, true);
    vi.advanceTimersByTime(61_000);
    await wait(loop);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('what is alone has company after a minute, where there is room', async () => {
  const loop = control(2);
  loop.occupy(1, true);
  await wait(loop);
  expect([loop.mayBegin, vi.getTimerCount()]).toEqual([false, 1]);
  vi.advanceTimersByTime(60_000);
  expect(loop.mayBegin).toBe(true);
});
