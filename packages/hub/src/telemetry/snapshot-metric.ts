// One registered metric whose values are read off a snapshot when somebody asks, instead of being kept a second time:
// prom-client's own classes only count up from zero, one observation at a time.

import { LineStarts } from './line-starts.js';
import type { MetricDefinition } from './metric-definition.js';
import type { HistogramSnapshot, HubSnapshot } from './snapshot.js';

export class SnapshotMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricDefinition['type'];
  readonly #lines: (hub: HubSnapshot) => string;
  /** What the next reading is read off, and when it is turned into text. */
  next: { readonly hub: HubSnapshot; readonly turns: Turns } | undefined;

  constructor(definition: MetricDefinition) {
    const { name, help, type } = definition;
    const starts = new LineStarts(name);
    this.name = name;
    this.help = help;
    this.type = type;
    this.#lines =
      type === 'histogram'
        ? (hub) =>
            definition.read(hub).reduce((text, { labels, value }) => {
              return text + histogramLines(starts.ofHistogram(labels, value.boundsSeconds), value);
            }, '')
        : (hub) =>
            definition.read(hub).reduce((text, { labels, value }) => {
              return `${text}\n${starts.ofValue(labels)}${numberText(value)}`;
            }, '');
  }

  /** The metric in Prometheus' text format, without the end of its last line. */
  async text(): Promise<string> {
    const { name, help, type, next } = this;
    const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}`;
    if (next === undefined) return head;
    await next.turns.take();
    return head + this.#lines(next.hub);
  }
}

/**
 * Lets the event loop run between the metrics: with 100 consumers a histogram is 3,000 lines, and all metrics at once
 * would hold up the main thread for longer than any one does.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves one turn of the event loop after the call before it did. */
  take(): Promise<unknown> {
    this.#last = this.#last.then(() => new Promise(setImmediate));
    return this.#last;
  }
}

/** Each line with the end of the one before it in front. */
function histogramLines(starts: readonly string[], { counts, sumSeconds }: HistogramSnapshot): string {
  let [text, count] = ['', 0];
  for (let bucket = 0; bucket < counts.length; bucket++) {
    count += counts[bucket] as number;
    text += `\n${starts[bucket]}${count}`;
  }
  return `${text}\n${starts.at(-2)}${numberText(sumSeconds)}\n${starts.at(-1)}${count}`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
