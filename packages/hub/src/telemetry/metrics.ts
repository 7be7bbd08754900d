// Prometheus metrics of one hub, in a registry of its own: everything comes from one snapshot a scrape, histograms
// from ready-made buckets, so that nothing is counted twice and reading resets nothing.
import { type Metric, Registry } from 'prom-client';
import { METRICS, type MetricDefinition, type MetricLabels, type Sample } from './definitions.js';
import { LabelSets } from './label-sets.js';
import { ProcessMetrics } from './process-metrics.js';
import type { HistogramSnapshot, HubSnapshot } from './snapshot.js';

export interface Metrics {
  /** For the `Content-Type` header. */
  readonly contentType: string;
  /** All metrics in Prometheus' text format; takes one snapshot. */
  render(): Promise<string>;
  /** Ends what watches the event loop and garbage collection. {@link render} is not to be called after it. */
  dispose(): void;
}

/**
 * Makes the metrics of one hub; several hubs in one process do not meet.
 *
 * @param snapshot Called once for each {@link Metrics.render}.
 */
export function createMetrics(snapshot: () => HubSnapshot): Metrics {
  const registry = new Registry();
  const processMetrics = new ProcessMetrics(registry);
  const metrics = METRICS.map((definition) => new SnapshotMetric(definition));
  for (const metric of metrics) registry.registerMetric(metric as unknown as Metric);
  return {
    contentType: registry.contentType,
    async render() {
      const hub = snapshot();
      const turns = new Turns();
      for (const metric of metrics) metric.next = { hub, turns };
      // The registry asks every metric before it first awaits, so two renders do not mix their snapshots.
      return registry.metrics();
    },
    dispose: () => processMetrics.dispose(),
  };
}

/** A line of the exposition, as prom-client's registry formats it. */
interface Line {
  readonly metricName?: string;
  readonly sharedLabels: MetricLabels;
  readonly value: number;
}

/**
 * One registered metric whose values are read off the snapshot instead of being kept a second time. It has what
 * prom-client's registry asks of a metric; its own classes only count up from zero, one observation at a time.
 */
class SnapshotMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricDefinition['type'];
  readonly #lines: (hub: HubSnapshot) => Line[];
  /** What the next reading is read off, and when it is turned into text. */
  next: { readonly hub: HubSnapshot; readonly turns: Turns } | undefined;

  constructor(definition: MetricDefinition) {
    const { name, help, type } = definition;
    const labelSets = new LabelSets();
    this.name = name;
    this.help = help;
    this.type = type;
    this.#lines =
      type === 'histogram'
        ? (hub) => definition.read(hub).flatMap((sample) => histogramLines(name, sample, labelSets))
        : (hub) => definition.read(hub).map(({ labels, value }) => ({ sharedLabels: labelSets.get(labels), value }));
  }

  /** What `Registry.metrics()` calls, to turn it into text as soon as this resolves. */
  async getForPromString() {
    const { name, help, type, next } = this;
    if (next === undefined) return { name, help, type, values: [] };
    await next.turns.take();
    return { name, help, type, values: this.#lines(next.hub) };
  }
}

/**
 * Lets the event loop run between the metrics: with 100 consumers a histogram is 3,000 lines, and all metrics at once
 * would hold up the main thread for twice as long as any one does.
 */
class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves one turn of the event loop after the call before it did. */
  take(): Promise<unknown> {
    this.#last = this.#last.then(() => new Promise(setImmediate));
    return this.#last;
  }
}

function histogramLines(name: string, { labels, value }: Sample<HistogramSnapshot>, labelSets: LabelSets): Line[] {
  const metricName = `${name}_bucket`;
  const bucketLabels = labelSets.withBounds(labels, value.boundsSeconds);
  let count = 0;
  const lines: Line[] = value.counts.map((inBucket, index) => {
    count += inBucket;
    return { metricName, sharedLabels: bucketLabels[index] as MetricLabels, value: count };
  });
  const sharedLabels = labelSets.get(labels);
  lines.push({ metricName: `${name}_sum`, sharedLabels, value: value.sumSeconds });
  lines.push({ metricName: `${name}_count`, sharedLabels, value: count });
  return lines;
}
