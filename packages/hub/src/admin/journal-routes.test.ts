// How far the journal is committed, followed over the control socket.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CommitFeed } from './commit-feed.js';
import { ControlClient } from './control-client.js';
import { ControlServer } from './control-server.js';
import { followCommits, journalRoutes } from './journal-routes.js';

let dataDir: string;
let server: ControlServer;
let position: number;
const listeners = new Set<() => void>();

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'penstock-follow-'));
  position = 7;
  const journal = {
    hubId: 'h1',
    committedPosition: () => position,
    onCommitted(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  server = new ControlServer({ dataDir, log, routes: [journalRoutes(journal)] });
  await server.start();
});
afterEach(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

function commit(to: number): void {
  position = to;
  for (const listener of listeners) listener();
}

const follow = (signal = new AbortController().signal) => followCommits(ControlClient.forDataDir(dataDir), signal);

it('each follower is told at once where the journal stands, and then what is new', async () => {
  const [one, other] = [follow(), follow()];
  expect((await one.next()).value).toEqual({ hubId: 'h1', committedPosition: 7 });
  commit(20);
  expect((await one.next()).value).toEqual({ hubId: 'h1', committedPosition: 20 });
  expect((await other.next()).value).toEqual({ hubId: 'h1', committedPosition: 20 });
  commit(30);
  expect((await Promise.all([one.next(), other.next()])).map(({ value }) => value?.committedPosition)).toEqual([
    30, 30,
  ]);
});

it('many commits are told in few lines, of which the last one is the last position', async () => {
  const following = follow();
  await following.next();
  for (let to = 100; to <= 100_000; to++) commit(to);
  const told: number[] = [];
  while (told.at(-1) !== 100_000) told.push((await following.next()).value?.committedPosition ?? Number.NaN);
  expect(told.length).toBeLessThan(5);
});

it('ends when the hub stops, without the hub waiting for its followers; nobody listens to commits any more', async () => {
  const following = follow();
  await following.next();
  const ended = following.next();
  await server.stop();
  expect(await ended).toEqual({ done: true, value: undefined });
  expect(listeners.size).toBe(0);
});

it('a follower that leaves is forgotten', async () => {
  const enough = new AbortController();
  const following = follow(enough.signal);
  await following.next();
  enough.abort();
  expect(await following.next()).toEqual({ done: true, value: undefined });
  commit(50);
  expect((await follow().next()).value).toEqual({ hubId: 'h1', committedPosition: 50 });
});

it('costs no timer where nobody follows', () => {
  vi.useFakeTimers();
  const feed = new CommitFeed(() => 1);
  feed.note();
  expect(vi.getTimerCount()).toBe(0);
  feed.follow(() => {});
  feed.note();
  expect(vi.getTimerCount()).toBe(1);
  feed.end();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
