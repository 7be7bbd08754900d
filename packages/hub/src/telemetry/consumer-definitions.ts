// The metrics of consumers and their queues, one series for each consumer.
import type { MetricDefinition, Read } from './metric-definition.js';
import type { ConsumerSnapshot, HubSnapshot } from './snapshot.js';

const perConsumer = <Value>(read: Read<ConsumerSnapshot, Value>) => ({
  labels: ['consumer'],
  read: (hub: HubSnapshot) => hub.consumers.map((each) => ({ labels: { consumer: each.consumer }, value: read(each) })),
});

const perConsumerAnd = (label: string, read: Read<ConsumerSnapshot, Readonly<Record<string, number>>>) => ({
  labels: ['consumer', label],
  read: (hub: HubSnapshot) =>
    hub.consumers.flatMap((each) =>
      Object.entries(read(each)).map(([key, value]) => ({
        labels: { consumer: each.consumer, [label]: inKebabCase(key) },
        value,
      })),
    ),
});

const inKebabCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** In the order of /metrics. */
export const CONSUMER_METRICS: readonly MetricDefinition[] = [
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
    name: 'penstock_consumer_retrying',
    type: 'gauge',
    unit: 'messages',
    help: 'Entries of the backlog that wait for a retry, or behind one of their key. At maxRetrying no new one is taken.',
    ...perConsumer((consumer) => consumer.retrying),
  },
  {
    name: 'penstock_consumer_dead_letters',
    type: 'gauge',
    unit: 'messages',
    help: 'Dead letters kept; "hub dlq" shows them, delivers them again, or removes them.',
    ...perConsumer((consumer) => consumer.deadLetters),
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
    help: "Entries settled since the hub's start, by outcome: acknowledged, dropped, dead-lettered, or damaged, which is lost.",
    ...perConsumerAnd('outcome', (consumer) => consumer.settledTotal),
  },
  {
    name: 'penstock_consumer_dropped_total',
    type: 'counter',
    unit: 'messages',
    help: "Entries dropped since the hub's start, by reason: the consumer threw Drop, or its queue was full.",
    ...perConsumerAnd('reason', (consumer) => consumer.droppedTotal),
  },
  {
    name: 'penstock_consumer_dead_lettered_total',
    type: 'counter',
    unit: 'messages',
    help: "Entries that became dead letters since the hub's start, by reason: the consumer threw DeadLetter, no attempt was left, its deliveries ended their thread too often, or its queue was full.",
    ...perConsumerAnd('reason', (consumer) => consumer.deadLetteredTotal),
  },
  {
    name: 'penstock_consumer_failures_total',
    type: 'counter',
    unit: 'messages',
    help: 'Deliveries that threw, or took longer than timeoutMs.',
    ...perConsumer((consumer) => consumer.failuresTotal),
  },
  {
    name: 'penstock_consumer_timeouts_total',
    type: 'counter',
    unit: 'messages',
    help: 'Deliveries that took longer than timeoutMs; they are among the failures too.',
    ...perConsumer((consumer) => consumer.timeoutsTotal),
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
    name: 'penstock_consumer_paused',
    type: 'gauge',
    unit: '1',
    help: '1 while it is paused, by "hub pause" or hub.pause(); else 0.',
    ...perConsumer((consumer) => (consumer.paused === undefined ? 0 : 1)),
  },
  {
    name: 'penstock_consumer_halted',
    type: 'gauge',
    unit: '1',
    help: '1 while it is held because it threw Halt; else 0.',
    ...perConsumer((consumer) => (consumer.state === 'halted' ? 1 : 0)),
  },
  {
    name: 'penstock_consumer_restarts_total',
    type: 'counter',
    unit: 'restarts',
    help: 'Threads, or processes of its own, that ended by themselves, or were ended since they blocked for too long, and were started again.',
    ...perConsumer((consumer) => consumer.restartsTotal),
  },
  {
    name: 'penstock_consumer_process_resident_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Memory in use by the process of a consumer with isolation "process"; the others have no series.',
    labels: ['consumer'],
    read: ({ consumers }) =>
      consumers.flatMap(({ consumer, processResidentBytes: value }) =>
        value === undefined ? [] : [{ labels: { consumer }, value }],
      ),
  },
  {
    name: 'penstock_consumer_stalled_threads',
    type: 'gauge',
    unit: 'threads',
    help: 'Threads whose event loop has not turned for longer than stallMs at this moment.',
    ...perConsumer((consumer) => consumer.stalled.length),
  },
  {
    name: 'penstock_consumer_stalls_total',
    type: 'counter',
    unit: 'stalls',
    help: 'Times that the event loop of a thread did not turn for longer than stallMs.',
    ...perConsumer((consumer) => consumer.stallsTotal),
  },
  {
    name: 'penstock_consumer_stalls_killed_total',
    type: 'counter',
    unit: 'stalls',
    help: 'Those of them that went on for longer than killAfterMs, so that the thread was ended.',
    ...perConsumer((consumer) => consumer.stallsKilledTotal),
  },
  {
    name: 'penstock_consumer_log_lines_dropped_total',
    type: 'counter',
    unit: 'lines',
    help: 'Log lines kept back by the rate limit, or because standard error was full or closed.',
    ...perConsumer((consumer) => consumer.logLinesDropped),
  },
];
