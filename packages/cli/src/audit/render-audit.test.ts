// `hub audit` as text.
import type { AuditResult } from '@penstock/hub/control';
import { expect, test } from 'vitest';
import { PLAIN } from '../table/look.js';
import { renderAudit } from './render-audit.js';

const even: AuditResult = {
  number: 1,
  consumer: 'badges',
  enqueued: 1_234,
  acknowledged: 1_200,
  damaged: 1,
  deadLettered: { consumer: 2, attempts: 3, crashes: 1, queueFull: 0, other: 0 },
  dropped: { consumer: 0, queueFull: 7, other: 0 },
  waiting: 15,
  inFlight: 4,
  retrying: 1,
  difference: 0,
  findings: [],
  result: 'even',
};
const off: AuditResult = { ...even, consumer: 'archive', difference: 5, findings: ['5 are gone'], result: 'off' };

test('each queue is a row, with the reasons and the findings below', () => {
  expect(renderAudit([even, { ...off, dropped: { consumer: 0, queueFull: 0, other: 0 } }], PLAIN)).toBe(`\
CONSUMER  ENQUEUED  ACKNOWLEDGED  DAMAGED  DEAD  DROPPED  WAITING  IN FLIGHT  RETRYING  DIFFERENCE  RESULT
badges       1,234         1,200        1     6        7       15          4         1           0  even
archive      1,234         1,200        1     6        0       15          4         1           5  off

badges: dead letters by reason: 2 consumer, 3 attempts, 1 crashes
badges: dropped by reason: 7 queue-full
archive: dead letters by reason: 2 consumer, 3 attempts, 1 crashes

archive: 5 are gone`);
});

test('a narrow terminal keeps the name, what was put in, the difference and the result', () => {
  const [titles] = renderAudit([even], { ...PLAIN, width: 50 }).split('\n');
  expect(titles).toBe('CONSUMER  ENQUEUED  DIFFERENCE  RESULT');
});

test('without queues it says so', () => {
  expect(renderAudit([], PLAIN)).toBe('no queues');
});
