// `hub queue show` as text, and as JSON.
import type { QueueDetail } from '@penstock/hub/control';
import { expect, test } from 'vitest';
import { PLAIN } from '../table/look.js';
import { queueJson } from './queue-json.js';
import { renderQueue } from './render-queue.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const time = Date.parse('2026-01-12T10:00:00.000Z');

const message = { ordinal: 4, position: 4_096, time, topic: 'a.b', id: 'h1-4096', headers: { k: 'v' } };
const queue: QueueDetail = {
  number: 2,
  name: 'old',
  added: '2026-01-11T08:00:00.000Z',
  topics: ['a.>', 'b'],
  state: 'failed',
  problem: 'thread 0: it threw',
  threads: { starting: 0, running: 1, backoff: 1, stopped: 0 },
  backlog: 3,
  backlogBytes: 900,
  inFlight: 1,
  deadLetters: 2,
  oldestMessageAgeSeconds: 90,
  enqueued: 1_234,
  diskBytes: 2_048,
  deadLetterBytes: 700,
  indexFiles: 2,
  logs: [{ name: 'main-1.log', bytes: 80 }],
  oldest: { ordinal: 4, position: 4_096, time },
  newest: { ordinal: 9, position: 9_000, time: undefined },
  segments: [
    { name: '0000000000000000.seg', bytes: 65_536, unsettled: 0 },
    { name: '0000000000065536.seg', bytes: 1_024, unsettled: 3 },
  ],
  messages: [
    { ...message, bodyBytes: 13, preview: bytes('{"text": "x\\u001b"}') },
    { ...message, position: 5_000, bodyBytes: 2, preview: Uint8Array.of(0xff, 0) },
    { ordinal: 9, position: Number.NaN, problem: 'its index entry is missing' },
  ],
};

test('it says where the queue stands, what it keeps and what waits in it', () => {
  expect(renderQueue({ ...queue, backlog: 5 }, PLAIN)).toBe(`\
queue     old, number 2, since 2026-01-11T08:00:00.000Z
state     failed: thread 0: it threw
topics    a.> b
threads   1 of 2 running, 1 in flight
backlog   5 of the 1,234 ever put into it, 900 B
dead      2 dead letters, 700 B; "hub dlq ls old" lists them
oldest    position 4096, 2026-01-12T10:00:00.000Z, 1m 30s ago
newest    position 9000
files     2.0 KiB: 2 index files, 1 settle log (80 B)
keeps     2 segments of the journal, 65.0 KiB

KEPT SEGMENT             BYTES            UNSETTLED IN IT
0000000000000000.seg  64.0 KiB  referred to by later ones
0000000000065536.seg   1.0 KiB                          3

POSITION  TIME                      TOPIC  ID       BYTES  BODY
    4096  2026-01-12T10:00:00.000Z  a.b    h1-4096     13  {"text":"x\\u001b"}
    5000  2026-01-12T10:00:00.000Z  a.b    h1-4096      2  0xff00
       -  -                         -      -            -  cannot be read: its index entry is missing
and 2 more messages`);
});

test('an empty queue has no tables', () => {
  const empty = { ...queue, backlog: 0, oldest: undefined, newest: undefined, segments: [], messages: [] };
  const lines = renderQueue(empty, PLAIN).split('\n');
  expect(lines.slice(-3)).toEqual([
    'newest    -',
    'files     2.0 KiB: 2 index files, 1 settle log (80 B)',
    'keeps     nothing of the journal',
  ]);
});

test('a queue that keeps hundreds of segments shows the first few', () => {
  const segments = Array.from({ length: 300 }, () => ({ name: '0000000000000000.seg', bytes: 1, unsettled: 1 }));
  expect(renderQueue({ ...queue, segments, messages: [] }, PLAIN)).toContain('\nand 292 more segments');
});

test('no line is wider than the terminal', () => {
  const lines = renderQueue({ ...queue, topics: ['x'.repeat(200)] }, { ...PLAIN, width: 60 }).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
});

test('for programs, times are ISO 8601, and a body that is no text is base64', () => {
  expect(queueJson(queue, '/data')).toMatchObject({
    dataDir: '/data',
    name: 'old',
    oldest: { position: 4_096, time: '2026-01-12T10:00:00.000Z' },
    newest: { position: 9_000, time: null },
    messages: [
      { position: 4_096, time: '2026-01-12T10:00:00.000Z', headers: { k: 'v' }, body: '{"text": "x\\u001b"}' },
      { body: '/wA=', base64: true, bodyBytes: 2 },
      { problem: 'its index entry is missing' },
    ],
  });
});
