import { stripVTControlCharacters } from 'node:util';
import type { ConsumerSnapshot, HubSnapshot } from '@penstock/hub';
import { expect, test } from 'vitest';
import { renderStatus } from './render-status.js';
import { snapshotJson } from './snapshot-json.js';

const histogram = { boundsSeconds: [], counts: [0], sumSeconds: 0 };

/** A consumer that runs with nothing to do, but for `parts`. */
function consumerSnapshot(parts: Partial<ConsumerSnapshot> & { consumer: string }): ConsumerSnapshot {
  return {
    state: 'running',
    problem: undefined,
    topics: ['>'],
    threads: { starting: 0, running: 1, backoff: 0, stopped: 0 },
    backlog: 0,
    backlogBytes: 0,
    backlogPeak: 0,
    inFlight: 0,
    oldestMessageAgeSeconds: 0,
    enqueuedTotal: 0,
    settledTotal: { acknowledged: 0, damaged: 0, dropped: 0, deadLettered: 0 },
    droppedTotal: { consumer: 0, queueFull: 0 },
    deadLetteredTotal: { consumer: 0, attempts: 0, crashes: 0, queueFull: 0 },
    retrying: 0,
    deadLetters: 0,
    timeoutsTotal: 0,
    failuresTotal: 0,
    arrivalsPerSecond: 0,
    settledPerSecond: 0,
    catchUpSeconds: 0,
    consumeDuration: histogram,
    queueWait: histogram,
    logLinesDropped: 0,
    restartsTotal: 0,
    isolation: 'thread',
    stalled: [],
    stallsTotal: 0,
    stallsKilledTotal: 0,
    ...parts,
  };
}

/** A running hub without consumers, but for `parts`; it became ready at time 0. */
function hubSnapshot(parts: Partial<HubSnapshot> = {}): HubSnapshot {
  return {
    hubId: 'h',
    pid: 4242,
    version: '0.1.0',
    state: 'running',
    durable: true,
    dataDir: '/var/lib/badges',
    startedAt: 0,
    restartsTotal: 0,
    notReady: [],
    consumers: [],
    sources: [],
    journal: {
      bytes: 13_000_000,
      retainedBytes: 0,
      segments: 3,
      committedMessagesTotal: 0,
      uncommittedBytes: 0,
      commitDuration: histogram,
    },
    disk: { bytes: 13_000_000, limitBytes: 1_073_741_824, full: undefined },
    ...parts,
  };
}

const busy = hubSnapshot({
  consumers: [
    consumerSnapshot({ consumer: 'archive', arrivalsPerSecond: 120.4, settledPerSecond: 119.7 }),
    consumerSnapshot({
      consumer: 'badges',
      backlog: 1204,
      inFlight: 4,
      oldestMessageAgeSeconds: 12.3,
      arrivalsPerSecond: 120,
      settledPerSecond: 82.04,
      catchUpSeconds: Number.POSITIVE_INFINITY,
      threads: { starting: 0, running: 3, backoff: 1, stopped: 0 },
      state: 'failed',
      problem: 'thread 2: CONSUMER_CRASHED: its thread ended with exit code 1; again in 400 ms',
    }),
    consumerSnapshot({
      consumer: 'chat',
      backlog: 37,
      oldestMessageAgeSeconds: 0.4,
      settledPerSecond: 2.5,
      catchUpSeconds: 14.8,
      state: 'not-run',
      threads: { starting: 0, running: 0, backoff: 0, stopped: 0 },
    }),
    consumerSnapshot({
      consumer: 'old',
      state: 'removed',
      threads: { starting: 0, running: 0, backoff: 0, stopped: 0 },
    }),
  ],
  sources: [
    {
      source: 'zeromq',
      description: 'SUB connect tcp://127.0.0.1:9940',
      receivedTotal: 1_234_567,
      rejectedTotal: { frames: 10, topic: 2, headers: 0 },
      missedTotal: 0,
      refusedTotal: {},
    },
  ],
});

const plain = `\
hub  0.1.0  running  pid 4242  up 2h 13m
data      /var/lib/badges (durable)
journal   12.4 MiB in 3 segments
source    zeromq: 1,234,567 received, 12 rejected (frames 10, topic 2); SUB connect tcp://127.0.0.1:9940

CONSUMER  BACKLOG  IN FLIGHT  OLDEST  IN/S  OUT/S  CATCH-UP  THREADS  STATE
archive         0          0       -   120    120         -        1  running
badges      1,204          4  12.3 s   120   82.0     never      3/4  failed
chat           37          0  400 ms     0    2.5    14.8 s        0  not-run
old             0          0       -     0      0         -        0  removed

chat: left out by --only; its queue fills
old: no longer in the config; its queue is kept and fills no further; "hub queue rm old" removes it

badges: thread 2: CONSUMER_CRASHED: its thread ended with exit code 1; again in 400 ms`;

test('the plain form has every figure in aligned columns, and says what is amiss', () => {
  expect(renderStatus(busy, { now: 8_000_000 })).toBe(plain);
});

test('colours change nothing but the colour', () => {
  const coloured = renderStatus(busy, { colour: true, now: 8_000_000 });
  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test.each([120, 78, 60, 40, 26])('no line is wider than %d where that is the width', (width) => {
  const text = stripVTControlCharacters(renderStatus(busy, { colour: true, width, now: 8_000_000 }));
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
  expect(text).toContain('BACKLOG');
  expect(text).toContain('1,204');
});

test('a name that is too long for the terminal is cut, the figures are not', () => {
  const consumers = [consumerSnapshot({ consumer: 'x'.repeat(64), backlog: 12_345_678 })];
  const text = renderStatus(hubSnapshot({ consumers }), { width: 40 });
  expect(text).toContain('x…');
  expect(text).toContain('12,345,678  running');
});

const troubled = hubSnapshot({
  notReady: ['consumer "chat" has halted: the key is gone; "hub resume chat" lets it go on'],
  consumers: [
    consumerSnapshot({
      consumer: 'archive',
      backlog: 37,
      state: 'paused',
      paused: { since: new Date(20_000).toISOString(), reason: 'the database moves' },
      droppedTotal: { consumer: 2, queueFull: 1_200 },
    }),
    consumerSnapshot({ consumer: 'badges', backlog: 50, retrying: 12, deadLetters: 1_234 }),
    consumerSnapshot({ consumer: 'chat', backlog: 4, state: 'halted', problem: 'the key is gone', deadLetters: 1 }),
  ],
});

test('retries and dead letters have columns where there are any, and who is held back has a line', () => {
  expect(renderStatus(troubled, { now: 8_000_000 }).split('\n').slice(4)).toEqual([
    'CONSUMER  BACKLOG  IN FLIGHT  RETRYING   DEAD  OLDEST  IN/S  OUT/S  CATCH-UP  THREADS  STATE',
    'archive        37          0         0      0    0 ms     0      0      0 ms        1  paused',
    'badges         50          0        12  1,234    0 ms     0      0      0 ms        1  running',
    'chat            4          0         0      1    0 ms     0      0      0 ms        1  halted',
    '',
    'archive: paused for 2h 13m, until "hub resume archive" (the database moves)',
    'archive: 1,202 dropped (by itself 2, queue full 1,200)',
    'badges: 1,234 dead letters are kept; "hub dlq ls badges" shows them',
    'chat: 1 dead letter is kept; "hub dlq ls chat" shows them',
    '',
    'not ready: consumer "chat" has halted: the key is gone; "hub resume chat" lets it go on',
  ]);
});

test('a thread that blocks shows in its state and says why the hub is not ready, and how often it was so has a line', () => {
  const why =
    'consumer "slow" is stalled: thread 0 has not let its event loop turn for 7.2 s, with "a.b" at position 85';
  const stall = { threadIndex: 0, forMs: 7_200, position: 85, topic: 'a.b' };
  const consumers = [
    consumerSnapshot({ consumer: 'once', stallsTotal: 1 }),
    consumerSnapshot({ consumer: 'slow', state: 'stalled', stalled: [stall], stallsTotal: 3, stallsKilledTotal: 2 }),
  ];
  const lines = renderStatus(hubSnapshot({ notReady: [why], consumers })).split('\n');
  expect(lines.find((line) => line.startsWith('slow '))).toMatch(/ stalled$/);
  expect(lines.slice(-4)).toEqual([
    'once: its threads have stalled once',
    'slow: its threads have stalled 3 times, and were ended for it 2 times',
    '',
    `not ready: ${why}`,
  ]);
});

test('on 80 columns retries and dead letters are kept before rates', () => {
  const titles = renderStatus(troubled, { width: 80 })
    .split('\n')
    .find((line) => line.startsWith('CONSUMER'));
  expect(titles).toBe('CONSUMER  BACKLOG  IN FLIGHT  RETRYING   DEAD  OLDEST  IN/S  CATCH-UP  STATE');
});

test('a hub without consumers, and one that is not ready, say so', () => {
  expect(renderStatus(hubSnapshot())).toContain('no consumers');
  expect(renderStatus(hubSnapshot({ notReady: ['journal: failed'] }))).toContain('not ready: journal: failed');
});

test('what never came to a source, and who was not let in, is told when there is any', () => {
  const source = {
    source: 'zeromq',
    description: 'SUB',
    receivedTotal: 5,
    rejectedTotal: {},
    missedTotal: 1_200,
    refusedTotal: { key: 2, plain: 1 },
  };
  expect(renderStatus(hubSnapshot({ sources: [source] }))).toContain(
    'zeromq: 5 received, 0 rejected, 1,200 missed, 3 connections refused (key 2, plain 1); SUB\n',
  );
});

test('a source that a full queue holds says so, and the disk when half of what may be taken is', () => {
  const source = {
    source: 'zeromq',
    description: 'PULL',
    receivedTotal: 5,
    rejectedTotal: {},
    missedTotal: 0,
    refusedTotal: {},
    heldBy: ['badges'],
  };
  const disk = { bytes: 600 << 20, limitBytes: 1 << 30, full: undefined };
  const text = renderStatus(hubSnapshot({ sources: [source], disk }));
  expect(text).toContain('zeromq: 5 received, 0 rejected, waits for the full queue of badges; PULL\n');
  expect(text).toContain('disk      600.0 MiB of 1.0 GiB (58%)');
  expect(renderStatus(hubSnapshot())).not.toContain('disk');
});

test('JSON is one line, with infinity as Prometheus writes it', () => {
  const text = snapshotJson(busy);
  expect(text).not.toContain('\n');
  const parsed = JSON.parse(text) as { consumers: { catchUpSeconds: unknown }[] };
  expect(parsed.consumers.map(({ catchUpSeconds }) => catchUpSeconds)).toEqual([0, '+Inf', 14.8, 0]);
});
