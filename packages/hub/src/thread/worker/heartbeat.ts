// Tells the main thread that this thread's event loop turns, and which worker it is: a count in shared memory, moved on by a
// timer. The main thread's watchdog (thread/watchdog.ts) sees it stand still while the loop is blocked.
import { threadId } from 'node:worker_threads';
import { ThreadShared } from '../../queue/shared.js';

/** The longest and the shortest time between two beats. */
const MOST_MS = 1_000;
const LEAST_MS = 50;

/** Beats in `stallMs`, as far as those bounds let it. */
const BEATS_PER_STALL = 4;

/** How often a thread's heart beats that is reported after `stallMs` without a beat, in milliseconds. */
export function beatEveryMs(stallMs: number): number {
  return Math.max(LEAST_MS, Math.min(MOST_MS, Math.floor(stallMs / BEATS_PER_STALL)));
}

/** Says that the thread has begun, which is its first beat. Until {@link startHeartbeat} it is taken to load what it runs. */
export function noteBegun({ words }: ThreadShared): void {
  Atomics.store(words, ThreadShared.THREAD, threadId);
  Atomics.store(words, ThreadShared.HEARTBEAT, 1);
}

/** Beats at once, and from then on as long as the thread lives. To be called before any method of the consumer. */
export function startHeartbeat({ words }: ThreadShared, stallMs: number): void {
  const beat = () => Atomics.add(words, ThreadShared.HEARTBEAT, 1);
  beat();
  // Not referenced: a thread that has nothing left to wait for is to end, and be seen to.
  setInterval(beat, beatEveryMs(stallMs)).unref();
}
