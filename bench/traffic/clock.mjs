// One clock for all threads and processes of a measurement. performance.now() would not do: it counts from the
// start of its own thread.

/** CLOCK_MONOTONIC in milliseconds. */
export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;
