// Lines about what happens thousands of times a second: few, and none of it missing from their counts.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EpisodeLog } from './episode-log.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function logged(): { log: EpisodeLog<string>; lines: string[] } {
  const lines: string[] = [];
  const log = new EpisodeLog<string>(
    {
      began: (details) => lines.push(`began with ${details}`),
      wentOn: (count, details) => lines.push(`${count} from ${details} on`),
      over: (total) => lines.push(`over after ${total}`),
    },
    1_000,
  );
  return { log, lines };
}

it('the first time is told at once, then what happened in each interval, and its end when an interval was quiet', () => {
  const { log, lines } = logged();
  log.note(1, () => 'a');
  log.note(2, () => 'b');
  log.note(3, () => 'c');
  expect(lines.splice(0)).toEqual(['began with a']);
  vi.advanceTimersByTime(1_000);
  expect(lines.splice(0)).toEqual(['5 from b on']);
  vi.advanceTimersByTime(999);
  log.note(4, () => 'd');
  vi.advanceTimersByTime(1);
  expect(lines.splice(0)).toEqual(['4 from d on']);
  vi.advanceTimersByTime(1_000);
  expect(lines.splice(0)).toEqual(['over after 10']);
  vi.advanceTimersByTime(10_000);
  expect(lines).toEqual([]);
  log.note(1, () => 'e');
  expect(lines).toEqual(['began with e']);
});

it('at its end nothing is left untold, and no timer either', () => {
  const { log, lines } = logged();
  log.end();
  expect(lines).toEqual([]);
  log.note(1, () => 'a');
  log.note(7, () => 'b');
  log.end();
  expect(lines).toEqual(['began with a', '7 from b on', 'over after 8']);
  expect(vi.getTimerCount()).toBe(0);
});

it('details are asked for only where there is a line', () => {
  const { log } = logged();
  const details = vi.fn(() => 'x');
  for (let index = 0; index < 1_000; index++) log.note(1, details);
  expect(details).toHaveBeenCalledTimes(2);
});
