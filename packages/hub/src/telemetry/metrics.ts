// Prometheus metrics of one hub, in a registry of its own: everything comes from one snapshot a scrape, histograms
// from ready-made buckets, so that nothing is counted twice and reading resets nothing.
import { type Metric, Registry } from 'prom-client';
import { METRICS } from './definitions.js';
import { ProcessMetrics } from './process-metrics.js';
import type { HubSnapshot } from './snapshot.js';
import { SnapshotMetric, Turns } from './snapshot-metric.js';

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
  const registry = new HubRegistry();
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

/** What prom-client 15 has and its types leave out: the text of one registered metric; its version is pinned. */
interface MetricsAsString {
  getMetricsAsString(metric: unknown): Promise<string>;
}

const FormattingRegistry = Registry as unknown as new () => Registry & MetricsAsString;

/** Takes the text of the hub's own metrics from them; formats those of Node as prom-client does. */
class HubRegistry extends FormattingRegistry {
  override getMetricsAsString(metric: unknown): Promise<string> {
    return metric instanceof SnapshotMetric ? metric.text() : super.getMetricsAsString(metric);
  }
}
