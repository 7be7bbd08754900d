// What the naive model says of each delivery as it begins and ends: whether it may, and what follows from it.
import assert from 'node:assert/strict';
import type { ConsumerSettings } from '../../consumer.js';
import type { Message } from '../../message.js';
import type { DeliveryLane } from './delivery-lane.fixture.js';
import type { DeliveryQueue } from './delivery-queue.fixture.js';
import type { Ending, ModelEntry, ModelQueue, NaiveModel } from './naive-model.fixture.js';
import type { VirtualTime } from './virtual-time.fixture.js';

/** Whether an entry can still be delivered. */
export const isOpen = ({ ending, awaiting }: ModelEntry): boolean => ending === undefined || awaiting;

/** What messages under `order: 'key'` belong together by. */
export const keyOf = ({ message: { topic } }: ModelEntry): string | undefined => topic.split('.')[2];

export class DeliveryRules {
  readonly #model: NaiveModel;
  readonly #time: VirtualTime;
  /** Whether the hub is stopping: no delivery is to begin. */
  isStopping = false;
  /** What was begun and ended so far. */
  events = 0;

  constructor(model: NaiveModel, time: VirtualTime) {
    this.#model = model;
    this.#time = time;
  }

  /** Deliveries begin, all at once. */
  begin(
    queue: DeliveryQueue,
    lane: DeliveryLane,
    ordinals: readonly number[],
    messages: readonly Message[],
  ): ModelEntry[] {
    const model = this.#model.queue(queue.name);
    assert(!model.isPaused && !model.isHalted, `a delivery of ${queue.name} begins while it is held back`);
    assert(!this.isStopping, `a delivery of ${queue.name} begins while the hub stops`);
    assert.equal(ordinals.length, messages.length, 'messages delivered');
    const begun: ModelEntry[] = [];
    for (const [index, message] of messages.entries()) {
      const entry = model.entries[ordinals[index] as number];
      assert(entry !== undefined, `entry ${ordinals[index]} of ${queue.name} is delivered, and is not in its queue`);
      this.#mayBegin(queue, model, entry, message, begun);
      begun.push(entry);
    }
    this.#countBegun(queue, model, messages.length);
    for (const entry of begun) {
      entry.inFlight = true;
      entry.lane = lane;
      entry.deliveries++;
    }
    lane.inFlight += begun.length;
    const { batch, settings } = queue.consumer;
    const most = batch ? settings.concurrency * settings.maxBatch : settings.concurrency;
    assert(lane.inFlight <= most, `${lane.inFlight} in flight in a thread of ${queue.name}`);
    return begun;
  }

  acknowledged(entry: ModelEntry, awaiting: boolean): void {
    this.ended(entry, 'acknowledged');
    entry.awaiting = awaiting;
  }

  /** What an acknowledged delivery had published is committed. */
  committed(entry: ModelEntry): void {
    this.events++;
    entry.awaiting = false;
  }

  ended(entry: ModelEntry, ending: Ending): void {
    this.#leave(entry);
    entry.ending = ending;
    entry.safety = 'noted';
  }

  /** A delivery has failed. @param delayMs How long to wait; what the consumer's backoff says by default. */
  failed({ retry }: Pick<ConsumerSettings, 'retry'>, entry: ModelEntry, delayMs?: number): void {
    const { initialMs, maxMs, factor, jitter } = retry.backoff;
    const fullMs = Math.min(initialMs * factor ** entry.failures.length, maxMs);
    const leastMs = delayMs ?? Math.round(fullMs * (1 - jitter));
    const mostMs = delayMs ?? Math.round(fullMs);
    const { nowMs, wallMs } = this.#time;
    entry.failures.push({ wallMs, leastMs, mostMs });
    if (entry.failures.length >= retry.maxAttempts) {
      this.ended(entry, 'out of attempts');
      return;
    }
    this.#leave(entry);
    entry.dueMs = nowMs + leastMs;
    entry.latestDueMs = nowMs + mostMs;
    entry.resumed = false;
  }

  /** Its consumer has asked to be stopped: none of its attempts is counted. */
  halted(queue: DeliveryQueue, entries: readonly ModelEntry[]): void {
    this.#model.queue(queue.name).isHalted = true;
    for (const entry of entries) this.left(entry);
  }

  /** It stays in the queue as it was. */
  left(entry: ModelEntry): void {
    this.#leave(entry);
    entry.dueMs = 0;
    entry.latestDueMs = this.#time.nowMs;
  }

  /** Its wait is taken up by another thread, or the clock on the wall was set: how long it is from now on. */
  resume(entry: ModelEntry): void {
    const last = entry.failures.at(-1);
    if (last === undefined) return;
    const { nowMs, wallMs } = this.#time;
    const left = (ms: number) => nowMs + Math.min(Math.max(0, last.wallMs + ms - wallMs), ms);
    entry.dueMs = entry.resumed ? Math.min(entry.dueMs, left(last.leastMs)) : left(last.leastMs);
    entry.latestDueMs = entry.resumed ? Math.max(entry.latestDueMs, left(last.mostMs)) : left(last.mostMs);
    entry.resumed = true;
  }

  #leave(entry: ModelEntry): void {
    this.events++;
    entry.inFlight = false;
    const lane = entry.lane as DeliveryLane | undefined;
    if (lane !== undefined) lane.inFlight--;
  }

  #mayBegin(
    queue: DeliveryQueue,
    model: ModelQueue,
    entry: ModelEntry,
    message: Message,
    together: readonly ModelEntry[],
  ): void {
    const { name, consumer } = queue;
    const what = `entry ${entry.ordinal} of ${name}`;
    const { position, topic, id, body } = entry.message;
    assert.deepEqual([message.position, message.topic, message.text(), message.id], [position, topic, body, id], what);
    assert(entry.ending === undefined, `${what}, ${entry.ending}, is delivered again`);
    assert(!entry.inFlight && !together.includes(entry), `${what} is delivered while it is in flight`);
    assert.equal(message.attempt, entry.failures.length + 1, `attempt of ${what}`);
    assert(message.attempt <= consumer.settings.retry.maxAttempts, `${what} has attempt ${message.attempt}`);
    // What has crashed had waited by then.
    const earlyMs = entry.suspected ? 0 : entry.dueMs - this.#time.nowMs;
    assert(earlyMs <= 0, `${what} is delivered ${earlyMs} ms too early`);
    for (const earlier of model.entries.slice(0, entry.ordinal)) {
      if (!isOpen(earlier) || together.includes(earlier)) continue;
      assert(consumer.settings.order !== 'strict', `${what} is delivered past entry ${earlier.ordinal}`);
      const isAlike =
        consumer.settings.order === 'key' && keyOf(entry) !== undefined && keyOf(entry) === keyOf(earlier);
      assert(!isAlike, `${what} is delivered past entry ${earlier.ordinal}, of the same key`);
    }
  }

  #countBegun({ name, consumer }: DeliveryQueue, model: ModelQueue, count: number): void {
    this.events++;
    const { rateLimit } = consumer.settings;
    if (rateLimit === undefined) return;
    const { nowMs } = this.#time;
    model.begun = [...model.begun.filter((ms) => ms > nowMs - rateLimit.perMs), ...Array(count).fill(nowMs)];
    assert(model.begun.length <= rateLimit.messages, `${model.begun.length} deliveries of ${name} in a period`);
  }
}
