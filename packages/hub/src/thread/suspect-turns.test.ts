// One delivery at a time of messages that a crash of the hub is suspected of, and none that holds up the others for good.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SuspectTurn, SuspectTurns } from './suspect-turns.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function threads(count: number): { turns: SuspectTurns; numbers: number[]; all: SuspectTurn[] } {
  const turns = new SuspectTurns();
  const numbers = Array.from({ length: count }, () => turns.register());
  return { turns, numbers, all: numbers.map((number) => new SuspectTurn(turns.buffer, number)) };
}

it('is one thread’s until it gives it up, or has ended', () => {
  const { turns, numbers, all } = threads(2);
  const [first, second] = all as [SuspectTurn, SuspectTurn];
  expect([first.draw(), second.draw(), first.draw()]).toEqual([true, false, true]);
  second.release();
  expect(second.draw()).toBe(false);
  first.release();
  expect([second.draw(), first.draw()]).toEqual([true, false]);
  turns.takeBack(numbers[1] as number);
  expect(first.draw()).toBe(true);
});

it('is taken over after a minute from a thread whose delivery does not end, by one of those that wait', () => {
  const [first, second, third] = threads(3).all as [SuspectTurn, SuspectTurn, SuspectTurn];
  first.draw();
  expect([second.draw(), third.draw()]).toEqual([false, false]);
  vi.advanceTimersByTime(59_000);
  expect(second.draw()).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect([second.draw(), third.draw(), first.draw()]).toEqual([true, false, false]);
  first.release();
  expect(third.draw()).toBe(false);
});

it('is not taken from a thread that has given it up and drawn it again meanwhile', () => {
  const [first, second] = threads(2).all as [SuspectTurn, SuspectTurn];
  first.draw();
  second.draw();
  vi.advanceTimersByTime(40_000);
  first.release();
  first.draw();
  second.draw();
  vi.advanceTimersByTime(40_000);
  expect(second.draw()).toBe(false);
});
