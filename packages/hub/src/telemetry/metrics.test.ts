import { afterEach, describe, expect, it } from 'vitest';
import { METRICS } from './definitions.js';
import { createMetrics, type Metrics } from './metrics.js';
import { runScript } from './run-script.fixture.js';
import { exampleConsumer, exampleHistogram, exampleSnapshot } from './snapshot.fixture.js';
import type { HubSnapshot } from './snapshot.js';

const made: Metrics[] = [];

function metricsOf(snapshot: () => HubSnapshot): Metrics {
  const metrics = createMetrics(snapshot);
  made.push(metrics);
  return metrics;
}

afterEach(() => {
  for (const metrics of made.splice(0)) metrics.dispose();
});

const SERIES = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? [];
    if (name === '') throw new Error(`bad labels: ${text}`);
    labels[name] = value;
  }
  return labels;
}

function numberOf(text: string): number {
  const value = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);
  if (Number.isNaN(value)) throw new Error(`bad value: ${text}`);
  return value;
}

interface Exposed {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

/** Reads an exposition back and throws where promtool would complain. */
function parse(text: string): { types: Map<string, string>; series: Exposed[] } {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const seen = new Set<string>();
  const series: Exposed[] = [];
  let family = '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [hash, kind, name = '', ...rest] = line.split(' ');
    if (hash === '#' && kind === 'HELP') {
      if (helped.has(name) || rest.length === 0) throw new Error(`bad HELP: ${line}`);
      helped.add(name);
    } else if (hash === '#' && kind === 'TYPE') {
      if (types.has(name) || !helped.has(name)) throw new Error(`bad TYPE: ${line}`);
      types.set(name, rest.join(' '));
      family = name;
    } else {
      const [, metric = '', labels = '', value = ''] = SERIES.exec(line) ?? [];
      const suffixes = types.get(family) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      if (!suffixes.some((suffix) => metric === family + suffix)) throw new Error(`outside its family: ${line}`);
      const key = JSON.stringify([metric, Object.entries(labelsOf(labels)).sort()]);
      if (seen.has(key)) throw new Error(`twice: ${line}`);
      seen.add(key);
      series.push({ name: metric, labels: labelsOf(labels), value: numberOf(value) });
    }
  }
  for (const [name, type] of types) if (type === 'histogram') checkHistogram(name, series);
  return { types, series };
}

function checkHistogram(name: string, series: readonly Exposed[]): void {
  const family = series.filter((each) => each.name.startsWith(`${name}_`));
  const keyOf = ({ labels: { le: _le, ...labels } }: Exposed) => JSON.stringify(labels);
  for (const key of new Set(family.map(keyOf))) {
    const group = family.filter((each) => keyOf(each) === key);
    const buckets = group.filter((each) => each.name === `${name}_bucket`);
    const bounds = buckets.map((each) => numberOf(each.labels.le ?? ''));
    const counts = buckets.map((each) => each.value);
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
    expect(group.find((each) => each.name === `${name}_count`)?.value).toBe(counts.at(-1));
    expect(group.filter((each) => each.name === `${name}_sum`)).toHaveLength(1);
  }
}

async function scrape(metrics: Metrics) {
  const { types, series } = parse(await metrics.render());
  const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
    series.find(
      (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
    )?.value;
  return { types, series, value };
}

describe('the metrics of a hub', () => {
  it('are valid exposition, with every metric of the table under its type', async () => {
    const { types } = await scrape(metricsOf(exampleSnapshot));
    for (const { name, type } of METRICS) expect([name, types.get(name)]).toEqual([name, type]);
    expect(METRICS.filter(({ name, type }) => (type === 'counter') !== name.endsWith('_total'))).toEqual([]);
  });

  it('say what the snapshot says', async () => {
    const { value } = await scrape(metricsOf(exampleSnapshot));
    expect(value('penstock_hub_ready')).toBe(1);
    expect(value('penstock_hub_restarts_total')).toBe(4);
    const badges = { consumer: 'badges' };
    expect(value('penstock_hub_info', { version: '0.1.0', hub_id: 'h1' })).toBe(1);
    expect(value('penstock_consumer_backlog', badges)).toBe(120);
    expect(value('penstock_consumer_backlog_bytes', badges)).toBe(61_440);
    expect(value('penstock_consumer_backlog_peak', badges)).toBe(1_200);
    expect(value('penstock_consumer_in_flight', badges)).toBe(1);
    expect(value('penstock_consumer_oldest_message_age_seconds', badges)).toBe(1.25);
    expect(value('penstock_consumer_catch_up_seconds', badges)).toBe(1.2);
    expect(value('penstock_consumer_enqueued_total', badges)).toBe(1_320);
    expect(value('penstock_consumer_settled_total', { ...badges, outcome: 'acknowledged' })).toBe(1_200);
    expect(value('penstock_consumer_failures_total', badges)).toBe(3);
    expect(value('penstock_consumer_threads', { ...badges, state: 'running' })).toBe(1);
    expect(value('penstock_consumer_threads', { ...badges, state: 'backoff' })).toBe(0);
    expect(value('penstock_consumer_restarts_total', badges)).toBe(1);
    expect(value('penstock_consumer_log_lines_dropped_total', badges)).toBe(7);
    expect(value('penstock_source_received_total', { source: 'zeromq' })).toBe(1_320);
    expect(value('penstock_source_rejected_total', { source: 'zeromq', reason: 'frames' })).toBe(2);
    expect(value('penstock_source_refused_total', { source: 'zeromq', reason: 'unauthorized' })).toBe(3);
    expect(value('penstock_journal_bytes')).toBe(1_048_576);
    expect(value('penstock_journal_segments')).toBe(2);
    expect(value('penstock_journal_uncommitted_bytes')).toBe(512);
    expect(value('penstock_journal_committed_messages_total')).toBe(1_320);
  });

  it('tell outcomes and their reasons apart, in kebab case', async () => {
    const consumers = [
      exampleConsumer('badges', {
        settledTotal: { acknowledged: 1, damaged: 2, dropped: 7, deadLettered: 12 },
        droppedTotal: { consumer: 3, queueFull: 4 },
        deadLetteredTotal: { consumer: 3, attempts: 4, crashes: 0, queueFull: 5 },
        retrying: 6,
        deadLetters: 8,
        timeoutsTotal: 9,
      }),
    ];
    const { series, value } = await scrape(metricsOf(() => exampleSnapshot({ consumers })));
    const byLabel = (name: string, label: string) =>
      series.filter((each) => each.name === name).map(({ labels, value }) => [labels[label], value]);
    expect(byLabel('penstock_consumer_settled_total', 'outcome')).toEqual([
      ['acknowledged', 1],
      ['damaged', 2],
      ['dropped', 7],
      ['dead-lettered', 12],
    ]);
    expect(byLabel('penstock_consumer_dropped_total', 'reason')).toEqual([
      ['consumer', 3],
      ['queue-full', 4],
    ]);
    expect(byLabel('penstock_consumer_dead_lettered_total', 'reason')).toEqual([
      ['consumer', 3],
      ['attempts', 4],
      ['crashes', 0],
      ['queue-full', 5],
    ]);
    expect(value('penstock_consumer_retrying')).toBe(6);
    expect(value('penstock_consumer_dead_letters')).toBe(8);
    expect(value('penstock_consumer_timeouts_total')).toBe(9);
  });

  it('tell a consumer that is paused from one that has halted', async () => {
    const consumers = [
      exampleConsumer('paused', { state: 'paused', paused: { since: '2026-01-12T10:00:00.000Z' } }),
      exampleConsumer('halted', { state: 'halted', problem: 'the key is gone' }),
    ];
    const { value } = await scrape(metricsOf(() => exampleSnapshot({ consumers })));
    const of = (consumer: string) =>
      ['paused', 'halted'].map((what) => value(`penstock_consumer_${what}`, { consumer }));
    expect([of('paused'), of('halted')]).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('show that a hub is not ready', async () => {
    const { value } = await scrape(metricsOf(() => exampleSnapshot({ notReady: ['consumer "chat" is failed: x'] })));
    expect(value('penstock_hub_ready')).toBe(0);
  });

  it('show +Inf for a consumer that is not catching up', async () => {
    const { value } = await scrape(metricsOf(exampleSnapshot));
    expect(value('penstock_consumer_catch_up_seconds', { consumer: 'chat' })).toBe(Number.POSITIVE_INFINITY);
  });

  it('add up the buckets of a histogram, whose own counts stand alone', async () => {
    const { value, series } = await scrape(metricsOf(exampleSnapshot));
    for (const name of ['penstock_consumer_consume_duration_seconds', 'penstock_consumer_queue_wait_seconds']) {
      const at = (le: string) => value(`${name}_bucket`, { consumer: 'chat', le });
      expect([at('0.000016'), at('0.008192'), at('0.016384'), at('1073.741824'), at('+Inf')]).toEqual([5, 5, 8, 8, 10]);
      expect(value(`${name}_sum`, { consumer: 'chat' })).toBe(2400.25);
    }
    const { boundsSeconds } = exampleHistogram();
    expect(series.filter((each) => each.name === 'penstock_journal_commit_duration_seconds_bucket')).toHaveLength(
      boundsSeconds.length + 1,
    );
  });

  it('take one snapshot a scrape, also when scrapes overlap', async () => {
    let taken = 0;
    const metrics = metricsOf(() => {
      taken++;
      return exampleSnapshot({ consumers: [exampleConsumer('badges', { backlog: taken, enqueuedTotal: taken })] });
    });
    const scrapes = await Promise.all([scrape(metrics), scrape(metrics), scrape(metrics)]);
    expect(taken).toBe(3);
    for (const [index, { value }] of scrapes.entries()) {
      expect(value('penstock_consumer_backlog', { consumer: 'badges' })).toBe(index + 1);
      expect(value('penstock_consumer_enqueued_total', { consumer: 'badges' })).toBe(index + 1);
    }
  });

  it('reset nothing by being read', async () => {
    const metrics = metricsOf(exampleSnapshot);
    const own = async () => (await scrape(metrics)).series.filter(({ name }) => name.startsWith('penstock_'));
    expect(await own()).toEqual(await own());
    const cumulative = async () => (await scrape(metrics)).value('process_cpu_seconds_total') ?? Number.NaN;
    const before = await cumulative();
    expect(await cumulative()).toBeGreaterThanOrEqual(before);
  });

  it('no longer show a consumer that the snapshot no longer has', async () => {
    let consumers = [exampleConsumer('badges'), exampleConsumer('chat')];
    const metrics = metricsOf(() => exampleSnapshot({ consumers }));
    await scrape(metrics);
    consumers = [exampleConsumer('chat')];
    const { series } = await scrape(metrics);
    expect(series.filter(({ labels }) => labels.consumer === 'badges')).toEqual([]);
  });

  it('escape what a label may hold', async () => {
    const name = 'a"b\\c\nd';
    const sources = [
      { source: name, description: '', receivedTotal: 4, rejectedTotal: {}, missedTotal: 0, refusedTotal: {} },
    ];
    const { value } = await scrape(metricsOf(() => exampleSnapshot({ sources })));
    expect(value('penstock_source_received_total', { source: 'a\\"b\\\\c\\nd' })).toBe(4);
  });

  it('come with those of Node', async () => {
    const { value, types } = await scrape(metricsOf(exampleSnapshot));
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
    expect(types.get('nodejs_gc_duration_seconds')).toBe('histogram');
    expect(types.has('nodejs_version_info')).toBe(true);
  });

  it('of several hubs in one process do not meet', async () => {
    const [one, other] = [
      metricsOf(() => exampleSnapshot({ hubId: 'one' })),
      metricsOf(() => exampleSnapshot({ hubId: 'other' })),
    ];
    expect((await scrape(one)).value('penstock_hub_info', { hub_id: 'other' })).toBeUndefined();
    expect((await scrape(other)).value('penstock_hub_info', { hub_id: 'other' })).toBe(1);
  });

  it('keep no process alive, disposed or not', async () => {
    const make = "const { createMetrics } = await import(dist + 'telemetry/metrics.js'); createMetrics(() => ({}))";
    expect(await runScript(`${make};`)).toMatchObject({ code: 0, stderr: '' });
    expect(await runScript(`${make}.dispose();`)).toMatchObject({ code: 0, stderr: '' });
  });

  it('reject when the snapshot throws', async () => {
    const metrics = metricsOf(() => {
      throw new Error('not now');
    });
    await expect(metrics.render()).rejects.toThrow('not now');
  });
});
