import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventLoopDelay } from './event-loop-delay.js';

afterEach(() => {
  vi.useRealTimers();
});

/** Holds the event loop up, so that there is something to see. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('the delay of the event loop', () => {
  it('is 0 before there is anything to tell', () => {
    const delay = new EventLoopDelay();
    expect(delay.read()).toEqual({ min: 0, max: 0, mean: 0, stddev: 0, p50: 0, p90: 0, p99: 0 });
    delay.dispose();
  });

  it('shows a block to every reader, not only to the first', async () => {
    const delay = new EventLoopDelay();
    await vi.waitUntil(() => delay.read().max > 0);
    block(60);
    await vi.waitUntil(() => delay.read().max > 0.05);
    expect(delay.read().max).toBeGreaterThan(0.05);
    delay.dispose();
  });

  it('forgets a block after 30 to 60 seconds', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const delay = new EventLoopDelay();
    await vi.waitUntil(() => delay.read().max > 0);
    block(200);
    await vi.waitUntil(() => delay.read().max > 0.19);
    const { max } = delay.read();
    vi.advanceTimersByTime(30_000);
    // A busy machine can have held it up for longer meanwhile.
    expect(delay.read().max).toBeGreaterThanOrEqual(max);
    vi.advanceTimersByTime(30_000);
    expect(delay.read().max).not.toBe(max);
    delay.dispose();
  });
});
