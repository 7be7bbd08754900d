// Reads a Prometheus text page the way a monitoring system does: over HTTP, by metric name and labels.
import { setTimeout as delay } from 'node:timers/promises';

export class Scrape {
  readonly text: string;
  readonly #samples = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
    for (const line of text.split('\n')) {
      const match = line.match(/^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/);
      if (match === null) continue;
      const [, name = '', labels = '', value = ''] = match;
      this.#samples.set(
        seriesOf(name, readLabels(labels)),
        value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value),
      );
    }
  }

  /** Fetches a page such as `http://127.0.0.1:9464/metrics`. */
  static async of(url: string): Promise<Scrape> {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    return new Scrape(await response.text());
  }

  /** Fetches a page again and again until it is as wanted. Nothing bounds it but the test's own time limit. */
  static async until(url: string, wanted: (scrape: Scrape) => boolean, everyMs = 100): Promise<Scrape> {
    for (;;) {
      const scrape = await Scrape.of(url);
      if (wanted(scrape)) return scrape;
      await delay(everyMs);
    }
  }

  /** The value of one series, or undefined when the page does not have it. */
  find(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    return this.#samples.get(seriesOf(name, Object.entries(labels)));
  }

  /** The value of one series. Throws, naming it, when the page does not have it. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const value = this.find(name, labels);
    if (value === undefined) throw new Error(`no ${seriesOf(name, Object.entries(labels))} on the page:\n${this.text}`);
    return value;
  }
}

function readLabels(text: string): [string, string][] {
  return [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [
    name,
    value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
  ]);
}

function seriesOf(name: string, labels: readonly (readonly [string, string])[]): string {
  const sorted = labels.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${sorted.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
}
