// What a row of the table of metrics says, and what it is read off.
import type { HistogramSnapshot, HubSnapshot } from './snapshot.js';

/** A metric's labels by name. */
export type MetricLabels = Readonly<Record<string, string>>;

/** One line on /metrics, or for a histogram one group of lines. */
export interface Sample<Value> {
  readonly labels: MetricLabels;
  readonly value: Value;
}

interface Definition<Type extends string, Value> {
  readonly name: `penstock_${string}`;
  readonly type: Type;
  /** Of the value, in base units as Prometheus asks for; `1` for a plain fact. */
  readonly unit:
    | 'messages'
    | 'bytes'
    | 'seconds'
    | 'threads'
    | 'segments'
    | 'lines'
    | 'restarts'
    | 'stalls'
    | 'connections'
    | 'files'
    | '1';
  readonly labels: readonly string[];
  readonly help: string;
  read(hub: HubSnapshot): readonly Sample<Value>[];
}

export type MetricDefinition = Definition<'gauge' | 'counter', number> | Definition<'histogram', HistogramSnapshot>;

/** What is read off one consumer, source or hub: a single value, or several told apart by one more label. */
export type Read<Subject, Value> = (subject: Subject) => Value;
