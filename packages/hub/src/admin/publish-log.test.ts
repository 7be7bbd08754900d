import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PublishLog } from './publish-log.js';

const lines: string[] = [];
const log = { debug() {}, info: (line: string) => void lines.push(line), warn() {}, error() {} };

beforeEach(() => {
  vi.useFakeTimers();
  lines.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

it('the first message is told at once, and of a flood a line a second with how many there were', () => {
  const published = new PublishLog(log);
  published.note('a.b');
  expect(lines).toEqual(['1 message published to "a.b" by command']);
  for (let n = 0; n < 500; n++) published.note('a.b');
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(1_000);
  expect(lines.at(-1)).toBe('500 messages published to "a.b" by command');
  published.note('a.b');
  published.note('c');
  vi.advanceTimersByTime(1_000);
  expect(lines.at(-1)).toBe('2 messages published to "a.b" and other topics by command');
  vi.advanceTimersByTime(10_000);
  published.note('c');
  expect(lines).toHaveLength(4);
});

it('what has no line yet gets one at the end, and no timer stays', () => {
  const published = new PublishLog(log);
  published.note('a');
  published.note('a');
  published.end();
  expect(lines).toEqual(['1 message published to "a" by command', '1 message published to "a" by command']);
  expect(vi.getTimerCount()).toBe(0);
});
