// The account of a queue: each outcome under its name, and what is left over as a difference.
import { expect, it } from 'vitest';
import { SettleKind, SettleReason } from '../settlement/settle-record.js';
import { auditOf, countedEntries } from './audit.js';

const { ACKNOWLEDGED, DAMAGED, DEAD, DROPPED } = SettleKind;
const { NONE, CONSUMER, ATTEMPTS, CRASHES, QUEUE_FULL } = SettleReason;

const queue = {
  number: 1,
  name: 'a',
  enqueued: 66,
  tallies: [
    // What was counted before the start, and since.
    { outcome: ACKNOWLEDGED, reason: NONE, count: 10 },
    { outcome: ACKNOWLEDGED, reason: NONE, count: 11 },
    { outcome: DAMAGED, reason: NONE, count: 2 },
    { outcome: DEAD, reason: CONSUMER, count: 3 },
    { outcome: DEAD, reason: ATTEMPTS, count: 4 },
    { outcome: DEAD, reason: CRASHES, count: 5 },
    { outcome: DEAD, reason: QUEUE_FULL, count: 6 },
    { outcome: DEAD, reason: 99 as SettleReason, count: 1 },
    { outcome: DROPPED, reason: CONSUMER, count: 7 },
    { outcome: DROPPED, reason: QUEUE_FULL, count: 8 },
  ],
  open: { waiting: 4, inFlight: 3, retrying: 2 },
  findings: [],
};

it('has every outcome by its reason, those that a newer Penstock wrote too', () => {
  expect(auditOf(queue)).toEqual({
    number: 1,
    consumer: 'a',
    enqueued: 66,
    acknowledged: 21,
    damaged: 2,
    deadLettered: { consumer: 3, attempts: 4, crashes: 5, queueFull: 6, other: 1 },
    dropped: { consumer: 7, queueFull: 8, other: 0 },
    waiting: 4,
    inFlight: 3,
    retrying: 2,
    difference: 0,
    findings: [],
  });
});

it('has what is missing as a difference, and what counts twice as one below 0', () => {
  expect(auditOf({ ...queue, enqueued: 70 }).difference).toBe(4);
  expect(auditOf({ ...queue, enqueued: 60 }).difference).toBe(-6);
});

it('counts entries in words', () => {
  expect([1, 0, 1_234].map(countedEntries)).toEqual(['1 entry', '0 entries', '1,234 entries']);
});
