// The beginning of each line on /metrics, up to its value, kept from scrape to scrape. With 100 consumers they are
// 7,000, and a scrape that formats them anew, as prom-client does, held the main thread for four times as long.
import type { MetricLabels } from './metric-definition.js';

/** The line starts of one metric: as many as it has consumers, sources, outcomes, states or reasons. */
export class LineStarts {
  readonly #name: string;
  readonly #kept = new Map<string, readonly string[]>();

  /** @param name The metric's, as its type has it. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Of the one line with these labels. */
  ofValue(labels: MetricLabels): string {
    return this.#keep(labels, (pairs) => [`${this.#name}${braced(pairs)} `])[0] as string;
  }

  /**
   * Of the lines of a histogram with these labels: one for each bound, one for +Inf, then the sum's and the count's.
   *
   * @param boundsSeconds The same each time, as all histograms here have the same.
   */
  ofHistogram(labels: MetricLabels, boundsSeconds: readonly number[]): readonly string[] {
    return this.#keep(labels, (pairs) => {
      const beforeBound = `${this.#name}_bucket{${pairs === '' ? '' : `${pairs},`}le="`;
      return [
        ...boundsSeconds.map((bound) => `${beforeBound}${bound}"} `),
        `${beforeBound}+Inf"} `,
        `${this.#name}_sum${braced(pairs)} `,
        `${this.#name}_count${braced(pairs)} `,
      ];
    });
  }

  #keep(labels: MetricLabels, make: (pairs: string) => readonly string[]): readonly string[] {
    const values = Object.values(labels);
    const key = values.length === 1 ? (values[0] as string) : JSON.stringify(values);
    let starts = this.#kept.get(key);
    if (starts === undefined) {
      starts = make(pairsText(labels));
      this.#kept.set(key, starts);
    }
    return starts;
  }
}

const pairsText = (labels: MetricLabels): string =>
  Object.entries(labels)
    .map(([label, value]) => `${label}="${escapeValue(value)}"`)
    .join(',');

const braced = (pairs: string): string => (pairs === '' ? '' : `{${pairs}}`);

const escapeValue = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
