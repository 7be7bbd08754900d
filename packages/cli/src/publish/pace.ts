// Lets messages go at a rate: as many at a time as are due, so that a rate above the timer's resolution holds too.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bodies } from './bodies.js';

/** What was missed while the other end, or the input, was slow is caught up with up to this much of it. */
const CATCH_UP_MS = 1_000;

/** Splits groups so that `perSecond` bodies go each second, the first at once, until `signal` ends it. */
export async function* paced(bodies: Bodies, perSecond: number, signal: AbortSignal): Bodies {
  const intervalMs = 1_000 / perSecond;
  let nextAtMs = performance.now();
  for await (const group of bodies) {
    for (let at = 0; at < group.length; ) {
      const nowMs = performance.now();
      if (nextAtMs > nowMs) {
        await sleep(nextAtMs - nowMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
        continue;
      }
      nextAtMs = Math.max(nextAtMs, nowMs - CATCH_UP_MS);
      const due = Math.floor((nowMs - nextAtMs) / intervalMs) + 1;
      const going = group.slice(at, at + due);
      at += going.length;
      nextAtMs += going.length * intervalMs;
      yield going;
    }
  }
}
