import { expect, test } from 'vitest';
import { RateLimitedLog } from './rate-limited-log.js';

function rig() {
  const clock = { ms: 0 };
  const lines: string[] = [];
  const log = new RateLimitedLog(
    (text, _, count) => void lines.push(`${text} ×${count}`),
    10_000,
    () => clock.ms,
  );
  return { clock, lines, log };
}

test('writes the first at once, then at most one line in each interval, with the count', () => {
  const { clock, lines, log } = rig();
  for (let at = 0; at < 30_001; at += 10) {
    clock.ms = at;
    log.note('size', 'too large');
  }
  expect(lines).toEqual(['too large ×1', 'too large ×1000', 'too large ×1000', 'too large ×1000']);
});

test('limits each kind by itself', () => {
  const { lines, log } = rig();
  log.note('size', 'too large');
  log.note('topic', 'no topic');
  expect(lines).toEqual(['too large ×1', 'no topic ×1']);
});

test('writes at the end what was held back, and nothing twice', () => {
  const { lines, log } = rig();
  for (let count = 0; count < 5; count++) log.note('size', 'too large');
  log.note('topic', 'no topic');
  log.flush();
  log.flush();
  expect(lines).toEqual(['too large ×1', 'no topic ×1', 'too large ×4']);
});
