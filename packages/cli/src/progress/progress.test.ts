import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { progressLine, startProgress, withProgress } from './progress.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function output(isTTY: boolean) {
  const stream = {
    isTTY,
    columns: 40,
    text: '',
    write(text: string) {
      stream.text += text;
    },
  };
  return stream;
}

test('what takes less than a second shows nothing', () => {
  const stream = output(true);
  const progress = startProgress('messages', { stream });
  vi.advanceTimersByTime(999);
  progress.end();
  vi.advanceTimersByTime(60_000);
  expect(stream.text).toBe('');
});

test('on a terminal one line is redrawn, cut to it, and is gone at the end', () => {
  const stream = output(true);
  const progress = startProgress('messages published', { stream, total: 100 });
  progress.update(10);
  vi.advanceTimersByTime(1_000);
  progress.update(60);
  vi.advanceTimersByTime(1_000);
  progress.end();
  const frames = stream.text.split('\r\x1b[K').slice(1);
  expect(frames[0]).toBe('10 of 100 messages published (10%), 10…');
  expect(frames.at(-2)).toMatch(/^60 of 100 messages published \(60%\), /);
  expect(frames.at(-1), 'cleared').toBe('');
});

test('piped, there is a whole line every few seconds', () => {
  const stream = output(false);
  const progress = startProgress('messages published', { stream });
  progress.update(10);
  vi.advanceTimersByTime(11_000);
  progress.end();
  expect(stream.text).toBe(`\
hub: 10 messages published, 10.0/s, 1.0 s
hub: 10 messages published, 1.7/s, 6.0 s
hub: 10 messages published, 0.9/s, 11.0 s
`);
});

test('its line is gone when the work fails', async () => {
  const stream = output(true);
  const failing = withProgress('waiting', () => new Promise((_, reject) => setTimeout(reject, 1_500, 'no')), {
    stream,
  });
  const outcome = expect(failing).rejects.toBe('no');
  await vi.advanceTimersByTimeAsync(1_500);
  await outcome;
  expect(stream.text.endsWith('\r\x1b[K')).toBe(true);
});

test.each([
  [{ done: undefined, total: undefined, seconds: 2 }, 'x, 2.0 s'],
  [{ done: 0, total: 10, seconds: 2 }, '0 of 10 x (0%), 0/s'],
  [{ done: 5000, total: 20_000, seconds: 2 }, '5,000 of 20,000 x (25%), 2,500/s, 6.0 s left'],
])('%o reads %s', (standing, line) => expect(progressLine('x', standing)).toBe(line));
