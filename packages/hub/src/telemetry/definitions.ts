// Every metric that is the hub's own: name, type, unit, labels, help, and how it is read off a snapshot. One table,
// from which /metrics is registered and docs/metrics.md is generated.
import { DAMAGE_KINDS } from '../files/damage.js';
import { CONSUMER_METRICS } from './consumer-definitions.js';
import type { MetricDefinition, Read } from './metric-definition.js';
import type { HubSnapshot, SourceSnapshot } from './snapshot.js';

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
    help: '1 when /readyz is green: every consumer runs or is paused, the journal is written, and nothing is full that stops all sources; else 0.',
    ...perHub((hub) => (hub.notReady.length === 0 ? 1 : 0)),
  },
  {
    name: 'penstock_hub_restarts_total',
    type: 'counter',
    unit: 'restarts',
    help: 'Times that the supervisor of hub run has started the hub again because it ended or was stuck; 0 without a supervisor.',
    ...perHub((hub) => hub.restartsTotal),
  },
  ...CONSUMER_METRICS,
  {
    name: 'penstock_source_received_total',
    type: 'counter',
    unit: 'messages',
    help: 'Messages that came in, rejected ones included.',
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
    name: 'penstock_journal_retained_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of the journal segments that no queue needs any more, and that stay because of the option retain.',
    ...perHub((hub) => hub.journal.retainedBytes),
  },
  {
    name: 'penstock_journal_segments',
    type: 'gauge',
    unit: 'segments',
    help: 'Journal segments on disk.',
    ...perHub((hub) => hub.journal.segments),
  },
  {
    name: 'penstock_disk_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes in the data directory that count against its limit: journal segments, index files and dead letters.',
    ...perHub((hub) => hub.disk.bytes),
  },
  {
    name: 'penstock_disk_limit_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'maxDiskBytes, or its default.',
    ...perHub((hub) => hub.disk.limitBytes),
  },
  {
    name: 'penstock_disk_full',
    type: 'gauge',
    unit: '1',
    help: '1 while nothing is taken from outside, by reason: the data directory is at its limit, or its file system has too little free.',
    labels: ['reason'],
    read: (hub) =>
      (['limit', 'free-space'] as const).map((reason) => ({
        labels: { reason },
        value: hub.disk.full === reason ? 1 : 0,
      })),
  },
  {
    name: 'penstock_quarantined_files',
    type: 'gauge',
    unit: 'files',
    help: 'Files in the quarantine, by kind of damage: what was found damaged in the data directory and set aside. The hub deletes none.',
    labels: ['kind'],
    read: (hub) => DAMAGE_KINDS.map((kind) => ({ labels: { kind }, value: hub.quarantined?.[kind] ?? 0 })),
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
