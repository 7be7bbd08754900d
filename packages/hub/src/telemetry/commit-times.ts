// How long commits take, from handing a batch over until it is durable, as a histogram of the main thread's own.
import { BUCKET_BOUNDS_SECONDS, BUCKET_COUNT, bucketIndex } from './buckets.js';
import type { HistogramSnapshot } from './snapshot.js';

export class CommitTimes {
  readonly #counts = new Array<number>(BUCKET_COUNT).fill(0);
  #sumSeconds = 0;

  add(durationMs: number): void {
    const bucket = bucketIndex(durationMs);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sumSeconds += durationMs / 1_000;
  }

  snapshot(): HistogramSnapshot {
    return { boundsSeconds: BUCKET_BOUNDS_SECONDS, counts: [...this.#counts], sumSeconds: this.#sumSeconds };
  }
}
