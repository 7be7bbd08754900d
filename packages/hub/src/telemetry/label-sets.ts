// Keeps one object for each set of labels from scrape to scrape. prom-client remembers the text of a `sharedLabels`
// object by its identity, and with 100 consumers most of a scrape would go into putting the same texts together.
import type { MetricLabels } from './definitions.js';

interface Kept {
  readonly labels: MetricLabels;
  bounds: readonly number[] | undefined;
  withBounds: readonly MetricLabels[];
}

/** The label sets of one metric: as many as it has consumers, sources, outcomes, states or reasons. */
export class LabelSets {
  readonly #kept = new Map<string, Kept>();

  /** The one object with these labels. */
  get(labels: MetricLabels): MetricLabels {
    return this.#keep(labels).labels;
  }

  /**
   * One object for each bucket of a histogram with these labels, with the bound as `le`; the last is +Inf.
   *
   * @param boundsSeconds Best the same array each time: a new one has all of the texts made anew.
   */
  withBounds(labels: MetricLabels, boundsSeconds: readonly number[]): readonly MetricLabels[] {
    const kept = this.#keep(labels);
    if (kept.bounds !== boundsSeconds) {
      kept.bounds = boundsSeconds;
      kept.withBounds = [...boundsSeconds.map(String), '+Inf'].map((le) => ({ ...labels, le }));
    }
    return kept.withBounds;
  }

  #keep(labels: MetricLabels): Kept {
    const values = Object.values(labels);
    const key = values.length === 1 ? String(values[0]) : JSON.stringify(values);
    let kept = this.#kept.get(key);
    if (kept === undefined) {
      kept = { labels, bounds: undefined, withBounds: [] };
      this.#kept.set(key, kept);
    }
    return kept;
  }
}
