import { beforeEach, expect, test } from 'vitest';
import { HeartbeatWatch, LOOK_EVERY_MS } from './heartbeat-watch.js';

const STUCK_AFTER_MS = 10_000;

let said: string[];
let watch: HeartbeatWatch;
beforeEach(() => {
  said = [];
  watch = new HeartbeatWatch(STUCK_AFTER_MS, {
    stuck: (why) => said.push(why),
    poolBlocked: (forMs) => said.push(`blocked ${forMs}`),
    poolFree: () => said.push('free'),
  });
});

const look = (ms: number) => {
  for (let lookedMs = 0; lookedMs < ms; lookedMs += LOOK_EVERY_MS) watch.look();
};

test('a hub is stuck when no beat came for so long, and that is said once', () => {
  look(STUCK_AFTER_MS - LOOK_EVERY_MS);
  expect(said).toEqual([]);
  look(STUCK_AFTER_MS);
  expect(said).toEqual(['was stuck: its main loop has not turned for 10 s']);
});

test('a beat in time, also the first one, makes it count from the start', () => {
  for (let round = 0; round < 5; round++) {
    look(STUCK_AFTER_MS - LOOK_EVERY_MS);
    watch.beat(0);
  }
  expect(said).toEqual([]);
});

test('another time holds from when it is given', () => {
  watch.stuckAfterMs = 1_000;
  look(1_000);
  expect(said).toHaveLength(1);
});

test('a thread pool that is used up is told of once, and again when it is free', () => {
  for (const ms of [1_000, 4_900, 5_000, 5_500, 0, 0, 6_000]) {
    watch.beat(ms);
    watch.look();
  }
  expect(said).toEqual(['blocked 5000', 'free', 'blocked 6000']);
});

test('a thread pool that stays used up is a reason to start again, though the main loop turns', () => {
  watch.beat(STUCK_AFTER_MS);
  watch.look();
  expect(said.at(-1)).toBe('was stuck: its thread pool has come to nothing for 10 s');
});
