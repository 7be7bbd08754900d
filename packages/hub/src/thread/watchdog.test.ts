// When a thread is said to block its event loop, and when not: in virtual time, with hearts that beat as a test says.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NO_THREADS, QueueShared, ThreadShared } from '../queue/shared.js';
import { Watchdog } from './watchdog.js';

const SHAPE = { ...NO_THREADS, threads: 1 };
const STALL_MS = 1_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A thread that is watched, and what is told of it. */
function watched(watchdog: Watchdog, limits: { stallMs?: number; killAfterMs?: number | false } = {}, loaded = true) {
  const [shared] = new QueueShared(QueueShared.allocate(SHAPE), SHAPE).threads as [ThreadShared];
  const told: string[] = [];
  const watch = watchdog.watch({
    shared,
    stallMs: STALL_MS,
    killAfterMs: 5_000,
    ...limits,
    stalled: (forMs) => told.push(`stalled ${Math.round(forMs)}`),
    recovered: (forMs) => told.push(`recovered ${Math.round(forMs)}`),
    overdue: (forMs) => told.push(`overdue ${Math.round(forMs)}`),
  });
  const beat = () => Atomics.add(shared.words, ThreadShared.HEARTBEAT, 1);
  // It has begun, and now it has loaded what it runs.
  if (loaded) for (let beats = 0; beats < 2; beats++) beat();
  return { beat, told, watch };
}

/** Lets time pass while hearts beat four times in `stallMs`. */
function beatFor(ms: number, ...threads: readonly { beat(): void }[]): void {
  for (let passed = 0; passed < ms; passed += STALL_MS / 4) {
    for (const thread of threads) thread.beat();
    vi.advanceTimersByTime(STALL_MS / 4);
  }
}

describe('a thread', () => {
  it('whose heart beats is not spoken of', () => {
    const thread = watched(new Watchdog());
    beatFor(60_000, thread);
    expect(thread.told).toEqual([]);
    expect(thread.watch.forMs).toBeLessThan(STALL_MS);
  });

  it('that stops beating is stalled once, overdue once, and has recovered when it beats again', () => {
    const thread = watched(new Watchdog());
    beatFor(1_000, thread);
    vi.advanceTimersByTime(1_250);
    expect(thread.told).toEqual(['stalled 1000']);
    vi.advanceTimersByTime(60_000);
    expect(thread.told).toEqual(['stalled 1000', 'overdue 5000']);
    beatFor(1_000, thread);
    expect(thread.told).toEqual(['stalled 1000', 'overdue 5000', expect.stringMatching(/^recovered 61\d{3}$/)]);
    vi.advanceTimersByTime(1_250);
    expect(thread.told[3]).toBe('stalled 1000');
  });

  it('is never overdue with killAfterMs: false', () => {
    const thread = watched(new Watchdog(), { killAfterMs: false });
    thread.beat();
    vi.advanceTimersByTime(600_000);
    expect(thread.told).toEqual(['stalled 1000']);
  });

  it('that has not begun is not accused; one that loads what it runs has half a minute for it', () => {
    const thread = watched(new Watchdog(), {}, false);
    vi.advanceTimersByTime(600_000);
    expect(thread.told).toEqual([]);
    thread.beat();
    vi.advanceTimersByTime(29_000);
    expect(thread.told).toEqual([]);
    vi.advanceTimersByTime(29_000);
    expect(thread.told).toEqual(['stalled 30000']);
    vi.advanceTimersByTime(10_000);
    expect(thread.told).toEqual(['stalled 30000', 'overdue 60000']);
  });

  it('that has ended is not spoken of any more, and without any the timer is gone', () => {
    const watchdog = new Watchdog();
    const [one, other] = [watched(watchdog), watched(watchdog)];
    beatFor(1_000, one, other);
    one.watch.end();
    vi.advanceTimersByTime(2_000);
    expect([one.told, other.told]).toEqual([[], ['stalled 1000']]);
    other.watch.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('threads', () => {
  it('have a stallMs each: the shortest says how often all are looked at', () => {
    const watchdog = new Watchdog();
    const slow = watched(watchdog, { stallMs: 10_000, killAfterMs: false });
    const quick = watched(watchdog, { stallMs: 200, killAfterMs: false });
    for (const thread of [slow, quick]) thread.beat();
    vi.advanceTimersByTime(300);
    expect([slow.told, quick.told]).toEqual([[], ['stalled 200']]);
    vi.advanceTimersByTime(10_000);
    expect(slow.told).toEqual(['stalled 10000']);
  });

  it('that come and go do not keep the others from being looked at', () => {
    const watchdog = new Watchdog();
    const thread = watched(watchdog);
    thread.beat();
    for (let times = 0; times < 100; times++) {
      watched(watchdog).watch.end();
      vi.advanceTimersByTime(20);
    }
    expect(thread.told).toEqual(['stalled 1000']);
  });
});

describe('after the main thread was blocked', () => {
  it.each([
    { ms: 3_000, what: 'for longer than stallMs' },
    { ms: 3_600_000, what: 'for an hour, as when the process was suspended' },
  ])('$what, nobody is accused of it', ({ ms }) => {
    const thread = watched(new Watchdog());
    beatFor(1_000, thread);
    // The timer rings late, and before any heart could beat again.
    vi.setSystemTime(Date.now() + ms);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + ms);
    vi.advanceTimersToNextTimer();
    expect(thread.watch.forMs).toBeLessThan(STALL_MS);
    expect(thread.told).toEqual([]);
    vi.mocked(performance.now).mockRestore();
    beatFor(5_000, thread);
    expect(thread.told).toEqual([]);
  });
});
