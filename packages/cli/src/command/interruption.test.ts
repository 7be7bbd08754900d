import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { doneInTime } from './interruption.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const endless = new Promise<void>(() => {});

describe('what is under way when a signal comes', () => {
  it('is waited for without end as long as none has come', async () => {
    let finish = () => {};
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const done = doneInTime(work, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(3_600_000);
    finish();
    expect(await done).toBe(true);
  });

  it('has two seconds more', async () => {
    const controller = new AbortController();
    const settled = vi.fn();
    const done = doneInTime(endless, controller.signal).then(settled);
    controller.abort();
    await vi.advanceTimersByTimeAsync(1_999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await done;
    expect(settled).toHaveBeenCalledWith(false);
  });

  it('has them from when it is begun, where the signal came before', async () => {
    const done = doneInTime(endless, AbortSignal.abort());
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await done).toBe(false);
  });

  it('may fail, and leaves no timer behind', async () => {
    await expect(doneInTime(Promise.reject(new Error('refused')), AbortSignal.abort())).rejects.toThrow('refused');
    expect(vi.getTimerCount()).toBe(0);
  });
});
