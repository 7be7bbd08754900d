// How long a message that failed waits for its next delivery: longer each time, up to a bound, and a little less at
// random, so that what failed together does not come back together.
import type { Backoff } from '../../consumer.js';

/**
 * @param failures How many deliveries have failed, 1 or more.
 * @param random From 0 up to 1.
 * @returns Whole milliseconds.
 */
export function backoffMs(
  { initialMs, maxMs, factor, jitter }: Backoff,
  failures: number,
  random = Math.random(),
): number {
  // No wait at first is none ever: 0 times what has grown beyond all numbers is none.
  const full = initialMs === 0 ? 0 : Math.min(initialMs * factor ** (failures - 1), maxMs);
  return Math.round(full * (1 - random * jitter));
}
