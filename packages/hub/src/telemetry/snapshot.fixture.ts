// A snapshot as a running hub gives it, for tests of whatever shows one: two consumers of which one is not catching
// up, a source with rejects, and histograms with something in the first, a middle and the last bucket.
import { BUCKET_BOUNDS_SECONDS, BUCKET_COUNT } from './buckets.js';
import type { ConsumerSnapshot, HistogramSnapshot, HubSnapshot } from './snapshot.js';

export function exampleHistogram(): HistogramSnapshot {
  const counts = new Array<number>(BUCKET_COUNT).fill(0);
  counts[0] = 5;
  counts[10] = 3;
  counts[BUCKET_COUNT - 1] = 2;
  return { boundsSeconds: BUCKET_BOUNDS_SECONDS, counts, sumSeconds: 2400.25 };
}

export function exampleConsumer(consumer: string, changes: Partial<ConsumerSnapshot> = {}): ConsumerSnapshot {
  return {
    consumer,
    state: 'running',
    problem: undefined,
    topics: ['org.example.>'],
    threads: { starting: 0, running: 1, backoff: 0, stopped: 0 },
    backlog: 120,
    backlogBytes: 61_440,
    backlogPeak: 1_200,
    inFlight: 1,
    oldestMessageAgeSeconds: 1.25,
    enqueuedTotal: 1_320,
    settledTotal: { acknowledged: 1_200, damaged: 0, dropped: 0, deadLettered: 0 },
    droppedTotal: { consumer: 0, queueFull: 0 },
    deadLetteredTotal: { consumer: 0, attempts: 0, crashes: 0, queueFull: 0 },
    retrying: 0,
    deadLetters: 0,
    timeoutsTotal: 0,
    failuresTotal: 3,
    arrivalsPerSecond: 10,
    settledPerSecond: 110,
    catchUpSeconds: 1.2,
    consumeDuration: exampleHistogram(),
    queueWait: exampleHistogram(),
    logLinesDropped: 7,
    restartsTotal: 1,
    isolation: 'thread',
    stalled: [],
    stallsTotal: 0,
    stallsKilledTotal: 0,
    ...changes,
  };
}

export function exampleSnapshot(changes: Partial<HubSnapshot> = {}): HubSnapshot {
  return {
    hubId: 'h1',
    pid: 4242,
    version: '0.1.0',
    state: 'running',
    durable: true,
    dataDir: '/srv/data',
    startedAt: 1_700_000_000_000,
    restartsTotal: 4,
    notReady: [],
    consumers: [
      exampleConsumer('badges'),
      exampleConsumer('chat', { settledPerSecond: 0, catchUpSeconds: Number.POSITIVE_INFINITY }),
    ],
    sources: [
      {
        source: 'zeromq',
        description: 'SUB tcp://127.0.0.1:9940',
        receivedTotal: 1_320,
        rejectedTotal: { frames: 2, topic: 1 },
        missedTotal: 5,
        refusedTotal: { unauthorized: 3 },
      },
    ],
    journal: {
      bytes: 1_048_576,
      retainedBytes: 0,
      segments: 2,
      committedMessagesTotal: 1_320,
      uncommittedBytes: 512,
      commitDuration: exampleHistogram(),
    },
    disk: { bytes: 1_572_864, limitBytes: 1_073_741_824, full: undefined },
    ...changes,
  };
}
