// The hub beside the naive model, whenever nothing goes on: all that the one shows has to be what the other says.
import assert from 'node:assert/strict';
import type { Files } from '../../files/files.js';
import { readHeld } from '../../queue/held.js';
import { ThreadShared } from '../../queue/shared.js';
import { SettleKind, SettleReason, type Tally } from '../../settlement/settle-record.js';
import { readSettledState } from '../../settlement/settled-state.js';
import type { Loss } from '../storage-model/crashing-disk.fixture.js';
import type { DeliveryLane } from './delivery-lane.fixture.js';
import type { DeliveryQueue } from './delivery-queue.fixture.js';
import { type DeliveryRules, isOpen, keyOf } from './delivery-rules.fixture.js';
import { type Ending, isDead, type ModelEntry, type ModelQueue, type NaiveModel } from './naive-model.fixture.js';

/** What ends: a thread, the hub in order, or its process with it. */
export type End = 'thread' | 'stop' | Loss;

/** How each ending is written down. */
const TALLIES: readonly [Ending, SettleKind, SettleReason][] = [
  ['acknowledged', SettleKind.ACKNOWLEDGED, SettleReason.NONE],
  ['dropped', SettleKind.DROPPED, SettleReason.CONSUMER],
  ['dropped: full', SettleKind.DROPPED, SettleReason.QUEUE_FULL],
  ['dead', SettleKind.DEAD, SettleReason.CONSUMER],
  ['out of attempts', SettleKind.DEAD, SettleReason.ATTEMPTS],
  ['dead: full', SettleKind.DEAD, SettleReason.QUEUE_FULL],
];

/** Nothing goes on any more: what was said is written, and dead letters are kept. */
export function noteWritten(model: NaiveModel): void {
  for (const queue of model.queues.values()) {
    for (const entry of queue.entries) {
      // What a thread that has ended has written, its successor finds out.
      if ((entry.lane as DeliveryLane | undefined)?.wasKilled === true) continue;
      if (entry.ending !== undefined && !entry.awaiting && entry.safety === 'noted') settle(queue, entry, 'written');
      entry.writtenFailures = entry.failures.length;
    }
  }
}

/** What was written is on stable storage. */
export function noteSynced(model: NaiveModel): void {
  for (const { entries } of model.queues.values()) {
    for (const entry of entries) {
      if (entry.safety === 'written') entry.safety = 'synced';
      entry.syncedFailures = entry.writtenFailures;
    }
  }
}

function settle(queue: ModelQueue, entry: ModelEntry, safety: ModelEntry['safety']): void {
  if (isDead(entry.ending) && entry.safety === 'noted') queue.letters.set(entry.ordinal, entry);
  entry.safety = safety;
}

/**
 * What ended goes on: those of its entries that the disk shows as settled have to be some that the model can take for
 * settled, and those that must be are. From there on the model takes what the disk shows.
 *
 * @param lane The one that ended; undefined for all.
 */
export function adopt(
  files: Files,
  queue: DeliveryQueue,
  model: ModelQueue,
  rules: DeliveryRules,
  end: End,
  lane?: DeliveryLane,
): void {
  const { settled, retries } =
    lane === undefined ? queue.state : readSettledState(files, `${queue.directory}/settled`, queue.number);
  const failed = new Map(retries.map((retry) => [retry.ordinal, retry]));
  for (const entry of model.entries) {
    if (lane !== undefined && entry.lane !== lane) {
      if (entry.ending === undefined && entry.resumed) rules.resume(entry);
      continue;
    }
    const what = `entry ${entry.ordinal} of ${queue.name}, ${entry.ending ?? 'not settled'} and ${entry.safety}, after ${end}`;
    const isGone = settled.has(entry.ordinal);
    const said = entry.ending !== undefined && !entry.awaiting;
    const must = said && (entry.safety === 'synced' || (entry.safety === 'written' && end !== 'power'));
    assert(isGone || !must, `${what}, comes again`);
    assert(!isGone || said, `${what}, is settled`);
    entry.inFlight = false;
    entry.awaiting = false;
    if (isGone) {
      settle(model, entry, end === 'thread' ? 'written' : 'synced');
      continue;
    }
    entry.ending = undefined;
    entry.safety = 'noted';
    model.letters.delete(entry.ordinal);
    const known = failed.get(entry.ordinal);
    entry.suspected ||= (known?.crashes ?? 0) > 0 || queue.isSuspect(entry.ordinal);
    adoptFailures(what, entry, known, end);
    rules.resume(entry);
  }
}

type PendingRetry = ReturnType<typeof readSettledState>['retries'][number];

/** As many of its failures are known as must be, and of the last one all that counts. */
function adoptFailures(what: string, entry: ModelEntry, known: PendingRetry | undefined, end: End): void {
  const least = end === 'power' ? entry.syncedFailures : entry.writtenFailures;
  const attempt = known?.attempt ?? 0;
  assert(
    least <= attempt && attempt <= entry.failures.length,
    `${what}, has failed ${attempt} times, not ${least} to ${entry.failures.length}`,
  );
  entry.failures.length = attempt;
  entry.writtenFailures = attempt;
  entry.syncedFailures = end === 'thread' ? Math.min(entry.syncedFailures, attempt) : attempt;
  const last = entry.failures.at(-1);
  entry.dueMs = 0;
  // The delivery that crashed was due by then: there is nothing left to wait for.
  if (known === undefined || last === undefined || known.crashes > 0) return;
  assert.equal(known.failedAt, last.wallMs, `when ${what}, has failed`);
  assert(last.leastMs <= known.delayMs && known.delayMs <= last.mostMs, `${what}, waits ${known.delayMs} ms`);
  entry.failures[attempt - 1] = { wallMs: last.wallMs, leastMs: known.delayMs, mostMs: known.delayMs };
}

/** Counts of outcomes since there is the queue; those of logs that the power took are not told of any more. */
export function compareTallies(queue: DeliveryQueue, model: ModelQueue, lost: Map<Ending, number>, end: End): void {
  const { tallies } = queue.state;
  for (const [ending, kind, reason] of TALLIES) {
    const isIt = (tally: Tally) => tally.outcome === kind && tally.reason === reason;
    const count = tallies.filter(isIt).reduce((sum, tally) => sum + tally.count, 0);
    const missing = model.count((entry) => entry.ending === ending) - count;
    if (end === 'power') {
      assert(missing >= (lost.get(ending) ?? 0), `${count} entries of ${queue.name} counted as ${ending}`);
      lost.set(ending, missing);
    } else assert.equal(missing, lost.get(ending) ?? 0, `entries of ${queue.name} that are not counted as ${ending}`);
  }
}

/** The letters that are kept, each with what it is kept with. */
export function compareLetters(queue: DeliveryQueue, model: ModelQueue): void {
  const letters = queue.findLetters();
  if (model.areLettersGoing) {
    for (const ordinal of model.letters.keys()) {
      if (!letters.some(({ id }) => id === ordinal)) model.letters.delete(ordinal);
    }
  }
  assert.deepEqual(
    letters.map(({ id }) => id),
    [...model.letters.keys()].sort((a, b) => a - b),
    `dead letters of ${queue.name}`,
  );
  for (const letter of letters) {
    const entry = model.letters.get(letter.id) as ModelEntry;
    const note = queue.readLetter(letter)?.note;
    const what = `dead letter ${letter.id} of ${queue.name}`;
    assert(note !== undefined, what);
    const isOver = entry.ending === 'out of attempts';
    assert.equal(note.reason, isOver ? SettleReason.ATTEMPTS : SettleReason.CONSUMER, `reason of ${what}`);
    assert.equal(note.attempts, entry.failures.length + (isOver ? 0 : 1), `attempts of ${what}`);
  }
}

/** Conservation, counts by reason, and that each entry that is claimed and not settled is held by one thread. */
export function compareGauges(queue: DeliveryQueue, model: ModelQueue, committed: number): void {
  const { name, shared } = queue;
  const unsettled = model.unsettled(committed);
  assert.equal(shared.enqueued.get(), model.entries.filter(({ end }) => end <= committed).length, `entries of ${name}`);
  assert.equal(shared.backlog(), unsettled.length, `backlog of ${name}`);
  const bytes = unsettled.reduce((sum, { message }) => sum + message.length, 0);
  assert.equal(shared.backlogBytes(), bytes, `bytes of ${name}'s backlog`);
  assert.equal(queue.deadLetters, model.letters.size, `dead letters of ${name}, as they are counted`);
  assert.equal(queue.counted(ThreadShared.DAMAGED), 0, `damaged entries of ${name}`);
  if (queue.lanes.some(({ isAlive }) => !isAlive)) return;
  const waiting = unsettled.filter(({ inFlight }) => !inFlight).length;
  assert(shared.retrying() <= waiting, `${shared.retrying()} of ${waiting} entries of ${name} wait for a retry`);
  const { batch, settings } = queue.consumer;
  const most = settings.threads * (batch ? settings.concurrency * settings.maxBatch : settings.concurrency);
  assert(shared.retrying() <= settings.maxRetrying + most, `${shared.retrying()} entries of ${name} wait for a retry`);
  const held = shared.holders.map(readHeld);
  for (const { ordinal } of unsettled) {
    if (ordinal >= shared.lowestCursor()) break;
    const holders = held.filter((intervals) => intervals.some(({ from, to }) => from <= ordinal && ordinal < to));
    assert.equal(holders.length, 1, `threads of ${name} that hold entry ${ordinal}`);
  }
}

/** A consumer that has nothing in flight has nothing that it could deliver: none is late. */
export function compareIdleness(
  queue: DeliveryQueue,
  model: ModelQueue,
  committed: number,
  nowMs: number,
  jumped: boolean,
): void {
  const { name, shared, consumer, lanes } = queue;
  const { order, rateLimit, maxWaitMs, maxRetrying } = consumer.settings;
  if (model.isPaused || model.isHalted || rateLimit !== undefined || (consumer.batch && maxWaitMs > 0)) return;
  if (lanes.some(({ isAlive, underWay }) => !isAlive || underWay > 0) || shared.retrying() >= maxRetrying) return;
  const open = model.unsettled(committed).filter(isOpen);
  if (open.some(({ awaiting }) => awaiting)) return;
  for (const [index, entry] of open.entries()) {
    if (order === 'strict' && index > 0) break;
    if (
      order === 'key' &&
      keyOf(entry) !== undefined &&
      open.slice(0, index).some((other) => keyOf(other) === keyOf(entry))
    )
      continue;
    if ((entry.resumed && jumped) || entry.suspected) continue;
    assert(
      entry.latestDueMs > nowMs,
      `entry ${entry.ordinal} of ${name} is not delivered, ${nowMs - entry.latestDueMs} ms late`,
    );
  }
}
