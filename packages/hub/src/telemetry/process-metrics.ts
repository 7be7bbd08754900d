// Node's default metrics for one registry, under prom-client's names. Most are prom-client's own collectors; the two
// that it starts without a way to end them (event loop delay, garbage collection) are ours, so that a stopped hub
// leaves nothing behind.
import { createRequire } from 'node:module';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { Gauge, Histogram, type Registry } from 'prom-client';
import { EventLoopDelay, type EventLoopDelaySummary } from './event-loop-delay.js';

/** Those of prom-client's default collectors that only act while they are read. */
const PASSIVE_COLLECTORS = [
  'processCpuTotal',
  'processStartTime',
  'osMemoryHeap',
  'processOpenFileDescriptors',
  'processMaxFileDescriptors',
  'processResources',
  'processHandles',
  'processRequests',
  'heapSizeAndUsed',
  'heapSpacesSizeAndUsed',
  'version',
] as const;

type Collector = (registry: Registry) => void;

// prom-client 15 exports its collectors only all together, as collectDefaultMetrics(); its version is pinned.
const require = createRequire(import.meta.url);
const collectorNamed = (name: string): Collector => require(`prom-client/lib/metrics/${name}.js`) as Collector;

export class ProcessMetrics {
  readonly #eventLoopDelay = new EventLoopDelay();
  readonly #garbageCollection: PerformanceObserver;

  constructor(registry: Registry) {
    for (const name of PASSIVE_COLLECTORS) collectorNamed(name)(registry);
    registerEventLoopDelay(registry, this.#eventLoopDelay);
    this.#garbageCollection = observeGarbageCollection(registry);
  }

  dispose(): void {
    this.#eventLoopDelay.dispose();
    this.#garbageCollection.disconnect();
  }
}

const DELAY_FIGURES: Readonly<Record<keyof EventLoopDelaySummary, string>> = {
  min: 'Least event loop delay of the last 30 to 60 seconds.',
  max: 'Greatest event loop delay of the last 30 to 60 seconds.',
  mean: 'Mean event loop delay of the last 30 to 60 seconds.',
  stddev: 'Standard deviation of the event loop delay of the last 30 to 60 seconds.',
  p50: 'Median event loop delay of the last 30 to 60 seconds.',
  p90: '90th percentile of the event loop delay of the last 30 to 60 seconds.',
  p99: '99th percentile of the event loop delay of the last 30 to 60 seconds.',
};

function registerEventLoopDelay(registry: Registry, delay: EventLoopDelay): void {
  new Gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'Lag of the event loop at this scrape.',
    registers: [registry],
    // Read before the gauges below and setting them too: each summary takes a pass over all of the monitor's counts.
    async collect() {
      const summary = delay.read();
      for (const { figure, gauge } of figures) gauge.set(summary[figure]);
      const asked = performance.now();
      await new Promise(setImmediate);
      this.set((performance.now() - asked) / 1000);
    },
  });
  const figures = Object.entries(DELAY_FIGURES).map(([figure, help]) => ({
    figure: figure as keyof EventLoopDelaySummary,
    gauge: new Gauge({ name: `nodejs_eventloop_lag_${figure}_seconds`, help, registers: [registry] }),
  }));
}

/** What Node documents for entries of type `gc`, and its types leave out. */
type GarbageCollectionEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };

const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

function observeGarbageCollection(registry: Registry): PerformanceObserver {
  const durations = new Histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Garbage collection of the main thread by kind: major, minor, incremental or weakcb.',
    labelNames: ['kind'],
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
    registers: [registry],
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = GC_KINDS[(entry as GarbageCollectionEntry).detail.kind];
      if (kind !== undefined) durations.observe({ kind }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return observer;
}
