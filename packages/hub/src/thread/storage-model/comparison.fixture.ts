// The simulated hub beside the naive model: everything that the one shows has to be what the other says.
import assert from 'node:assert/strict';
import { findLetters } from '../../dead-letters/letter-search.js';
import type { Files } from '../../files/files.js';
import { positionOfName } from '../../journal/segment.js';
import { readHeld } from '../../queue/held.js';
import { IntervalSet } from '../../queue/interval-set.js';
import { DeliveredMessage } from '../worker/delivered-message.js';
import { EntryReader } from '../worker/entry-reader.js';
import type { Loss } from './crashing-disk.fixture.js';
import { isSettled, type ModelEntry, type ModelMessage, type NaiveModel } from './naive-model.fixture.js';
import { JOURNAL, type SimulatedHub } from './simulated-hub.fixture.js';
import type { SimulatedQueue } from './simulated-queue.fixture.js';

/** First positions of the segments there are. */
export function listSegments(files: Files): number[] {
  return files
    .list(JOURNAL)
    .map((name) => positionOfName(name, '.seg'))
    .filter((first) => first !== undefined);
}

const bytesOf = (messages: readonly ModelMessage[]): number => messages.reduce((sum, { length }) => sum + length, 0);

/** Backlogs, and that each entry that is claimed and not settled is held by one thread. */
export function compareGauges(queues: readonly SimulatedQueue[], model: NaiveModel): void {
  for (const { name, shared } of queues) {
    const backlog = model.backlog(name);
    assert.equal(shared.backlog(), backlog.length, `backlog of ${name}`);
    assert.equal(shared.backlogBytes(), bytesOf(backlog), `bytes of ${name}'s backlog`);
    const held = shared.threads.map(readHeld);
    const cursor = shared.cursor.get();
    for (const [ordinal, entry] of model.entries(name).entries()) {
      if (ordinal >= cursor || isSettled(entry)) continue;
      const holders = held.filter((intervals) => intervals.some(({ from, to }) => from <= ordinal && ordinal < to));
      assert.equal(holders.length, 1, `threads of ${name} that hold entry ${ordinal}`);
    }
  }
}

/**
 * After a start: each queue has the entries that the model has, and of those it has settled what the model says,
 * give or take what the loss leaves open. From there on the model takes what the disk shows.
 */
export function adoptSettled(hub: SimulatedHub, model: NaiveModel, loss: Loss | 'stop'): void {
  for (const queue of hub.queues) {
    const entries = model.entries(queue.name);
    assert.equal(queue.shared.enqueued.get(), entries.length, `entries of ${queue.name}`);
    assert.equal(queue.shared.enqueuedBytes.get(), bytesOf(entries), `bytes of ${queue.name}`);
    const settled = settledOf(queue);
    for (const [ordinal, entry] of entries.entries()) {
      const { state } = entry;
      const isGone = settled.has(ordinal);
      const must = state === 'synced' || (state === 'written' && loss !== 'power');
      const may = state !== 'waiting' && !(state === 'noted' && loss === 'stop');
      assert(isGone || !must, `entry ${ordinal} of ${queue.name}, ${state}, comes again after ${loss}`);
      assert(!isGone || may, `entry ${ordinal} of ${queue.name}, ${state}, is settled after ${loss}`);
      entry.state = isGone ? 'synced' : 'waiting';
      entry.inFlight = false;
      entry.isDead &&= isGone;
    }
    adoptFailures(queue, entries, loss);
  }
}

/** Of entries that are not settled, as many failures are known as were written down, give or take what the loss leaves open. */
function adoptFailures({ name, retries }: SimulatedQueue, entries: readonly ModelEntry[], loss: Loss | 'stop'): void {
  const known = new Map(retries.map(({ ordinal, attempt }) => [ordinal, attempt]));
  for (const [ordinal, entry] of entries.entries()) {
    if (isSettled(entry)) continue;
    const found = known.get(ordinal) ?? 0;
    const least = loss === 'power' ? entry.failuresSynced : entry.failuresWritten;
    assert(found >= least, `entry ${ordinal} of ${name}, failed ${least} times, is known for ${found} after ${loss}`);
    assert(
      found <= entry.failures,
      `entry ${ordinal} of ${name}, failed ${entry.failures} times, is known for ${found}`,
    );
    Object.assign(entry, { failures: found, failuresWritten: found, failuresSynced: found });
  }
}

/** What was settled as a dead letter is one. */
export function compareLetters(files: Files, hub: SimulatedHub, model: NaiveModel): void {
  for (const { name, record } of hub.queues) {
    const { number: queueNumber, directory } = record;
    const dead = model.entries(name).flatMap((entry, ordinal) => (entry.isDead && isSettled(entry) ? [ordinal] : []));
    if (dead.length === 0) continue;
    const isSettledThere = (ordinal: number) => dead.includes(ordinal);
    const search = { files, directory, queueNumber, filter: {}, isSettled: isSettledThere, most: dead.length };
    assert.deepEqual(
      findLetters(search).letters.map(({ id }) => id),
      dead,
      `dead letters of ${name}`,
    );
  }
}

function settledOf({ shared, settledBefore }: SimulatedQueue): IntervalSet {
  const settled = new IntervalSet();
  settled.add(0, shared.cursor.get());
  for (const { from, to } of settledBefore.intervals) settled.add(from, to);
  return settled;
}

/** Every entry that waits can be read, and is what was published. */
export function compareContents(files: Files, hub: SimulatedHub, model: NaiveModel): void {
  for (const { name, record } of hub.queues) {
    const reader = new EntryReader(files, JOURNAL, record.directory, Number.POSITIVE_INFINITY);
    for (const [ordinal, entry] of model.entries(name).entries()) {
      if (isSettled(entry)) continue;
      assert.equal(reader.read(ordinal, 1), undefined, `entry ${ordinal} of ${name}`);
      const { bytes, view } = reader.slab;
      const message = new DeliveredMessage('hub', bytes, view, reader.at, 1);
      compareMessage(
        { position: reader.position, length: reader.length, topic: message.topic, body: message.text() },
        entry,
      );
    }
    reader.close();
  }
}

export function compareMessage(actual: ModelMessage, { position, length, topic, body }: ModelMessage): void {
  assert.deepEqual([actual.position, actual.length, actual.topic, actual.body], [position, length, topic, body]);
}

/** What removing segments has left is what the model needs: not one more, and not one less. */
export function compareSegments(files: Files, before: readonly number[], model: NaiveModel): void {
  const open = Math.max(...before);
  assert.deepEqual(listSegments(files), model.needed(before, open), 'segments left');
}
