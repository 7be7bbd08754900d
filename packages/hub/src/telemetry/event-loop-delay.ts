// How late the main loop ran during the last 30 to 60 seconds. prom-client has the same figures, but starts them
// anew at each scrape, so that two readers hide each other's spikes, and keeps its monitor for good.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the loop is looked at, in milliseconds; the figures include it, as Node's own do. */
const RESOLUTION_MS = 10;
const HALF_WINDOW_MS = 30_000;

export interface EventLoopDelaySummary {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

const NOTHING_YET: EventLoopDelaySummary = { min: 0, max: 0, mean: 0, stddev: 0, p50: 0, p90: 0, p99: 0 };

/** Two monitors, begun half a window apart; the older one is read and, when its window is over, begun anew. */
export class EventLoopDelay {
  #older = startMonitor();
  #newer = startMonitor();
  readonly #timer = setInterval(() => this.#turn(), HALF_WINDOW_MS).unref();

  /** The figures in seconds; all 0 until the first look. */
  read(): EventLoopDelaySummary {
    const delay = this.#older;
    if (delay.count === 0) return NOTHING_YET;
    return {
      min: delay.min / 1e9,
      max: delay.max / 1e9,
      mean: delay.mean / 1e9,
      stddev: delay.stddev / 1e9,
      p50: delay.percentile(50) / 1e9,
      p90: delay.percentile(90) / 1e9,
      p99: delay.percentile(99) / 1e9,
    };
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#older.disable();
    this.#newer.disable();
  }

  #turn(): void {
    [this.#older, this.#newer] = [this.#newer, this.#older];
    this.#newer.reset();
  }
}

function startMonitor(): IntervalHistogram {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  monitor.enable();
  return monitor;
}
