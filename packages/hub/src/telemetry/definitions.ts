// Every metric that is the hub's own: name, type, unit, labels, help, and how it is read off a snapshot. One table,
// from which /metrics is registered and docs/metrics.md is generated.
import type { ConsumerSnapshot, HistogramSnapshot, HubSnapshot, SourceSnapshot } from './snapshot.js';

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
  readonly unit: 'messages' | 'bytes' | 'seconds' | 'threads' | 'segments' | 'lines' | 'restarts' | 'connections' | '1';
  readonly labels: readonly string[];
  readonly help: string;
  read(hub: HubSnapshot): readonly Sample<Value>[];
}

export type MetricDefinition = Definition<'gauge' | 'counter', number> | Definition<'histogram', HistogramSnapshot>;

/** What is read off one consumer, source or hub: a single value, or several told apart by one more label. */
type Read<Subject, Value> = (subject: Subject) => Value;

const perConsumer = <Value>(read: Read<ConsumerSnapshot, Value>) => ({
  labels: ['consumer'],
  read: (hub: HubSnapshot) => hub.consumers.map((each) => ({ labels: { consumer: each.consumer }, value: read(each) })),
});

const perConsumerAnd = (label: string, read: Read<ConsumerSnapshot, Readonly<Record<string, number>>>) => ({
  labels: ['consumer', label],
  read: (hub: HubSnapshot) =>
    hub.consumers.flatMap((each) =>
      Object.entries(read(each)).map(([key, value]) => ({ labels: { consumer: each.consumer, [label]: key }, value })),
    ),
});

const perSource = (read: Read<SourceSnapshot, number>) => ({
  labels: ['source'],
  read: (hub: HubSnapshot) => hub.sources.map((each) => ({ labels: { source: each.source }, value: read(each) })),
});

const perHub = <Value>(read: Read<HubSnapshot, Value>) => ({
  labels: [],
  read: (hub: HubSnapshot) => [{ labels: {}, value: read(hub) }],
});

/** All metrics of the hub's own, in the order of /metrics. */
export const METRICS: readonly MetricDefinition[] = [
  {
    name: 'penstock_hub_info',
    type: 'gauge',
    unit: '1',
    help: 'Always 1; says in its labels which hub this is.',
    labels: ['version', 'hub_id'],
    read: (hub) => [{ labels: { version: hub.version, hub_id: hub.hubId }, value: 1 }],
  },
  {
    name: 'penstock_hub_ready',
    type: 'gauge',
    unit: '1',
    help: '1 when /readyz is green: every consumer runs, and the journal is written; else 0.',
    ...perHub((hub) => (hub.notReady.length === 0 ? 1 : 0)),
  },
  {
    name: 'penstock_consumer_backlog',
    type: 'gauge',
    unit: 'messages',
    help: 'Entries enqueued and not settled: waiting, in flight, or waiting for a retry. Exact.',
    ...perConsumer((consumer) => consumer.backlog),
  },
  {
    name: 'penstock_consumer_backlog_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of the entries in the backlog.',
    ...perConsumer((consumer) => consumer.backlogBytes),
  },
  {
    name: 'penstock_consumer_backlog_peak',
    type: 'gauge',
    unit: 'messages',
    help: 'Highest backlog of the last 60 seconds, so that a spike between two scrapes shows.',
    ...perConsumer((consumer) => consumer.backlogPeak),
  },
  {
    name: 'penstock_consumer_in_flight',
    type: 'gauge',
    unit: 'messages',
    help: 'Deliveries whose consume() has not returned.',
    ...perConsumer((consumer) => consumer.inFlight),
  },
  {
    name: 'penstock_consumer_oldest_message_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the oldest entry not settled; 0 with no backlog.',
    ...perConsumer((consumer) => consumer.oldestMessageAgeSeconds),
  },
  {
    name: 'penstock_consumer_catch_up_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Backlog divided by settle rate less arrival rate, smoothed; 0 with no backlog, +Inf when it is not catching up.',
    ...perConsumer((consumer) => consumer.catchUpSeconds),
  },
  {
    name: 'penstock_consumer_enqueued_total',
    type: 'counter',
    unit: 'messages',
    help: "Entries put into the consumer's queue since the hub's start.",
    ...perConsumer((consumer) => consumer.enqueuedTotal),
  },
  {
    name: 'penstock_consumer_settled_total',
    type: 'counter',
    unit: 'messages',
    help: "Deliveries settled since the hub's start, by outcome.",
    ...perConsumerAnd('outcome', (consumer) => consumer.settledTotal),
  },
  {
    name: 'penstock_consumer_failures_total',
    type: 'counter',
    unit: 'messages',
    help: 'Deliveries that threw; each is delivered again.',
    ...perConsumer((consumer) => consumer.failuresTotal),
  },
  {
    name: 'penstock_consumer_consume_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'How long consume() took.',
    ...perConsumer((consumer) => consumer.consumeDuration),
  },
  {
    name: 'penstock_consumer_queue_wait_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From taking a message until its first delivery to this consumer.',
    ...perConsumer((consumer) => consumer.queueWait),
  },
  {
    name: 'penstock_consumer_threads',
    type: 'gauge',
    unit: 'threads',
    help: 'Worker threads by state.',
    ...perConsumerAnd('state', (consumer) => consumer.threads),
  },
  {
    name: 'penstock_consumer_restarts_total',
    type: 'counter',
    unit: 'restarts',
    help: 'Threads that ended by themselves and were started again.',
    ...perConsumer((consumer) => consumer.restartsTotal),
  },
  {
    name: 'penstock_consumer_log_lines_dropped_total',
    type: 'counter',
    unit: 'lines',
    help: 'Log lines kept back by the rate limit, or because standard error was full or closed.',
    ...perConsumer((consumer) => consumer.logLinesDropped),
  },
  {
    name: 'penstock_source_received_total',
    type: 'counter',
    unit: 'messages',
    help: 'Messages that came in and were taken.',
    ...perSource((source) => source.receivedTotal),
  },
  {
    name: 'penstock_source_rejected_total',
    type: 'counter',
    unit: 'messages',
    help: 'Messages that came in and could not be taken, by reason.',
    labels: ['source', 'reason'],
    read: (hub) =>
      hub.sources.flatMap(({ source, rejectedTotal }) =>
        Object.entries(rejectedTotal).map(([reason, value]) => ({ labels: { source, reason }, value })),
      ),
  },
  {
    name: 'penstock_source_missed_total',
    type: 'counter',
    unit: 'messages',
    help: 'Messages that never came, as gaps in the sequences of publishers tell that number theirs.',
    ...perSource((source) => source.missedTotal),
  },
  {
    name: 'penstock_source_refused_total',
    type: 'counter',
    unit: 'connections',
    help: 'Connections that were not let in, by reason: their public key is not allowed, or they have no CURVE.',
    labels: ['source', 'reason'],
    read: (hub) =>
      hub.sources.flatMap(({ source, refusedTotal }) =>
        Object.entries(refusedTotal).map(([reason, value]) => ({ labels: { source, reason }, value })),
      ),
  },
  {
    name: 'penstock_journal_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes on disk in all journal segments.',
    ...perHub((hub) => hub.journal.bytes),
  },
  {
    name: 'penstock_journal_segments',
    type: 'gauge',
    unit: 'segments',
    help: 'Journal segments on disk.',
    ...perHub((hub) => hub.journal.segments),
  },
  {
    name: 'penstock_journal_uncommitted_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes taken that wait for their commit.',
    ...perHub((hub) => hub.journal.uncommittedBytes),
  },
  {
    name: 'penstock_journal_committed_messages_total',
    type: 'counter',
    unit: 'messages',
    help: "Messages committed since the hub's start.",
    ...perHub((hub) => hub.journal.committedMessagesTotal),
  },
  {
    name: 'penstock_journal_commit_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From handing a batch to the journal thread until it is durable.',
    ...perHub((hub) => hub.journal.commitDuration),
  },
];
