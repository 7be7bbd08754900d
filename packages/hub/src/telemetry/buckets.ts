// The buckets of every duration histogram, the same in each thread's shared counters and on /metrics: powers of
// two from 16 µs to about 18 minutes, so that finding a bucket takes one count of leading zeros and no logarithm.

/** The first bound is 2^4 = 16 µs: below it a delivery is as good as free. */
const FIRST_POWER = 4;
/** The last bound is 2^30 µs, 1,074 s: a queue that catches up within minutes still shows how many. */
const LAST_POWER = 30;

const FIRST_BOUND_MICROS = 2 ** FIRST_POWER;
const LAST_BOUND_MICROS = 2 ** LAST_POWER;

/** The buckets' upper bounds in seconds, ascending, each inclusive as Prometheus has it; +Inf is left out. */
export const BUCKET_BOUNDS_SECONDS: readonly number[] = Array.from(
  { length: LAST_POWER - FIRST_POWER + 1 },
  (_, index) => 2 ** (FIRST_POWER + index) / 1e6,
);

/** How many counts a histogram has: one for each bound, and a last one for all that is longer. */
export const BUCKET_COUNT = BUCKET_BOUNDS_SECONDS.length + 1;

/**
 * Which bucket a duration falls into, from 0 to {@link BUCKET_COUNT} − 1.
 *
 * @param durationMs Milliseconds, fractions included. Negative (a wall clock set back) and NaN count as 0.
 */
export function bucketIndex(durationMs: number): number {
  const micros = durationMs * 1000;
  if (!(micros > FIRST_BOUND_MICROS)) return 0;
  if (micros > LAST_BOUND_MICROS) return BUCKET_COUNT - 1;
  return 32 - FIRST_POWER - Math.clz32(Math.ceil(micros) - 1);
}
