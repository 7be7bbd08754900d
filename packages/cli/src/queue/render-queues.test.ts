// `hub queue ls` as a table.
import type { QueueSummary } from '@penstock/hub/control';
import { expect, test } from 'vitest';
import { PLAIN } from '../table/look.js';
import { renderQueues } from './render-queues.js';

const badges: QueueSummary = {
  number: 1,
  name: 'badges',
  added: '2026-01-12T10:00:00.000Z',
  topics: ['org.example.>'],
  state: 'running',
  problem: undefined,
  threads: { starting: 0, running: 1, backoff: 0, stopped: 0 },
  backlog: 0,
  backlogBytes: 0,
  inFlight: 0,
  deadLetters: 0,
  oldestMessageAgeSeconds: 0,
  diskBytes: 1_100,
};
const old: QueueSummary = {
  ...badges,
  number: 12,
  name: 'old',
  state: 'removed',
  backlog: 3_000,
  backlogBytes: 1_150_000,
  oldestMessageAgeSeconds: 8_000,
};

test('each queue is a row, and those without a consumer have a line that says what to do', () => {
  expect(renderQueues([badges, old], PLAIN)).toBe(`\
QUEUE   NUMBER  STATE    BACKLOG    BYTES  OLDEST  ON DISK  SINCE
badges       1  running        0        -       -  1.1 KiB  2026-01-12
old         12  removed    3,000  1.1 MiB  2h 13m  1.1 KiB  2026-01-12

old: no longer in the config; "hub queue rm old" removes its queue`);
});

test('dead letters have a column where there are any', () => {
  expect(renderQueues([badges, { ...old, state: 'running', deadLetters: 1_200 }], PLAIN)).toBe(`\
QUEUE   NUMBER  STATE    BACKLOG   DEAD    BYTES  OLDEST  ON DISK  SINCE
badges       1  running        0      -        -       -  1.1 KiB  2026-01-12
old         12  running    3,000  1,200  1.1 MiB  2h 13m  1.1 KiB  2026-01-12`);
});

test('a narrow terminal keeps name, state and backlog', () => {
  expect(renderQueues([old], { ...PLAIN, width: 30 }).split('\n')[0]).toBe('QUEUE  STATE    BACKLOG');
});

test('without queues it says so', () => {
  expect(renderQueues([], PLAIN)).toBe('no queues');
});
