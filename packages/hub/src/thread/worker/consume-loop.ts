// The loop of a consumer's thread: claim, read, consume, settle. Up to `concurrency` deliveries are in flight;
// with one, the order is strict.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Consumer } from '../../consumer.js';
import { ENTRIES_PER_READ } from '../../queue/index-reader.js';
import { MOST_UNCOMMITTED, type QueueShared, ThreadShared } from '../../queue/shared.js';
import { SettleKind } from '../../settlement/settle-record.js';
import type { Claims } from './claims.js';
import { DeliveredMessage } from './delivered-message.js';
import { DeliveryClock } from './delivery-clock.js';
import { type ThreadContext, ThreadDeliveryContext } from './delivery-context.js';
import type { EntryReader } from './entry-reader.js';
import { failureFields, Pauses, retryDelayMs } from './retry-in-place.js';
import type { Settlements } from './settlements.js';

/** A thread claims one entry at a time while consume() takes longer than this, so that the other threads get some. */
const SLOW_CONSUME_MS = 1;

/** Beyond this, one thread begins no further delivery beside those in flight: each holds its message in memory. */
const MOST_IN_FLIGHT_BYTES = 67_108_864;

export interface ConsumeLoopParts {
  readonly hubId: string;
  readonly concurrency: number;
  readonly consumer: Consumer;
  readonly context: ThreadContext;
  readonly queue: QueueShared;
  readonly thread: ThreadShared;
  readonly claims: Claims;
  readonly entries: EntryReader;
  readonly settlements: Settlements;
}

/** Where a delivery's record is; it outlives the reader's next step. */
interface Delivery extends Settled {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly at: number;
}

/** An entry that ends: its ordinal, and the length of its record. */
interface Settled {
  readonly ordinal: number;
  readonly length: number;
}

export class ConsumeLoop {
  readonly #parts: ConsumeLoopParts;
  readonly #clock: DeliveryClock;
  /** Deliveries beside the loop, and commits that ended deliveries wait for. */
  readonly #pending = new Set<Promise<void>>();
  readonly #pauses = new Pauses();
  /** Set while the loop waits for a delivery beside it to end. */
  #slotFree: (() => void) | undefined;
  /** Deliveries beside the loop that have not ended; one that waits for its retry is in its place. */
  #occupied = 0;
  #occupiedBytes = 0;
  #stopping = false;

  constructor(parts: ConsumeLoopParts) {
    this.#parts = parts;
    this.#clock = new DeliveryClock(parts.thread, SLOW_CONSUME_MS);
  }

  /** Ends the loop once what is in flight has finished; what waits for a retry stays queued. */
  stop(): void {
    this.#stopping = true;
    this.#slotFree?.();
    this.#pauses.end();
  }

  /** Nothing more is written down: what is not settled by now is the next thread's. */
  abandon(): void {
    this.#parts.settlements.abandon();
    this.stop();
  }

  /** Delivers until {@link stop}, or until the queue is told to stop. */
  async run(): Promise<void> {
    const { hubId, concurrency, consumer, context: thread, queue, claims, entries, settlements } = this.#parts;
    const clock = this.#clock;
    clock.beginTurn();
    while (!this.#stopping) {
      if (claims.left === 0 && !this.#claim()) {
        if (queue.stopping) break;
        await this.#somethingNew();
        continue;
      }
      const full = this.#occupied >= concurrency || this.#occupiedBytes >= MOST_IN_FLIGHT_BYTES;
      if (full || claims.outstanding >= concurrency + MOST_UNCOMMITTED - 1) {
        await new Promise<void>((resolve) => {
          this.#slotFree = resolve;
        });
        continue;
      }
      if (!claims.hasSlot) settlements.flush();
      if (clock.turnIsOver()) {
        await endOfTurn();
        clock.beginTurn();
        if (queue.stopping) break;
      }
      const ordinal = claims.next;
      const problem = entries.read(ordinal, claims.left);
      if (problem !== undefined) {
        this.#giveUp(problem);
        continue;
      }
      const { at, length } = entries;
      const { bytes, view } = entries.slab;
      const message = new DeliveredMessage(hubId, bytes, view, at, 1);
      const context = new ThreadDeliveryContext(thread, message);
      clock.begin(view, at);
      if (concurrency > 1) {
        claims.detach();
        this.#occupied++;
        this.#occupiedBytes += length;
        this.#keep(this.#deliverBeside({ ordinal, bytes, view, at, length }, message, context));
        continue;
      }
      // Written out here, not as a call: one more promise for each delivery would cost a tenth of the rate.
      let ended: ThreadDeliveryContext | undefined = context;
      try {
        const result = consumer.consume(message, context);
        if (isThenable(result)) await result;
        clock.end();
      } catch (error) {
        ended = await this.#retry({ ordinal, bytes, view, at, length }, message, context, error);
      }
      if (ended === undefined) break;
      const uncommitted = ended.end();
      if (uncommitted === undefined) {
        settlements.add(ordinal, length);
        claims.advance();
      } else {
        claims.detach();
        this.#keep(this.#settleCommitted({ ordinal, length }, uncommitted));
      }
    }
    await Promise.all(this.#pending);
    settlements.flush();
  }

  #claim(): boolean {
    const { claims, queue, settlements } = this.#parts;
    settlements.flush();
    const alone = queue.threads.length === 1 || this.#clock.meanConsumeMs < SLOW_CONSUME_MS;
    return claims.claim(alone ? ENTRIES_PER_READ : 1);
  }

  /** Waits until something is enqueued or the hub stops. */
  async #somethingNew(): Promise<void> {
    const { wake, cursor, enqueued } = this.#parts.queue;
    const seen = Atomics.load(wake, 0);
    if (cursor.get() < enqueued.get() || this.#stopping || this.#parts.queue.stopping) return;
    // Without a time limit: timed waits that are woken early leak.
    const wait = Atomics.waitAsync(wake, 0, seen);
    if (wait.async) await wait.value;
    this.#clock.beginTurn();
  }

  async #deliverBeside(delivery: Delivery, message: DeliveredMessage, context: ThreadDeliveryContext): Promise<void> {
    const startedMs = performance.now();
    let ended: ThreadDeliveryContext | undefined = context;
    try {
      await this.#parts.consumer.consume(message, context);
      this.#clock.end(startedMs);
    } catch (error) {
      ended = await this.#retry(delivery, message, context, error, startedMs);
    }
    this.#occupied--;
    this.#occupiedBytes -= delivery.length;
    this.#slotFree?.();
    if (ended === undefined) return;
    const uncommitted = ended.end();
    if (uncommitted !== undefined) await this.#settleCommitted(delivery, uncommitted);
    else this.#settleDetached(delivery);
  }

  /** Settles a delivery once what it published is committed; if that fails, the hub is stopping, and it stays queued. */
  async #settleCommitted(delivery: Settled, uncommitted: Promise<unknown>): Promise<void> {
    try {
      await uncommitted;
      this.#settleDetached(delivery);
    } catch (error) {
      this.#parts.context.log.error(
        'what consume() published was not committed; its message stays queued',
        failureFields(error),
      );
    }
    this.#slotFree?.();
  }

  #settleDetached({ ordinal, length }: Settled): void {
    this.#parts.settlements.add(ordinal, length);
    this.#parts.claims.settle(ordinal);
  }

  /**
   * Delivers a message again until consume() returns, with growing pauses.
   *
   * @returns The context of the delivery that succeeded; undefined when the hub stops first (to drain() is no failure).
   */
  async #retry(
    delivery: Delivery,
    message: DeliveredMessage,
    context: ThreadDeliveryContext,
    error: unknown,
    startedMs?: number,
  ): Promise<ThreadDeliveryContext | undefined> {
    const { consumer, context: thread, thread: shared, queue } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      this.#clock.end(startedMs);
      context.end();
      if (this.#stopping && consumer.drain !== undefined) return undefined;
      shared.numbers[ThreadShared.FAILURES] = (shared.numbers[ThreadShared.FAILURES] as number) + 1;
      const delayMs = retryDelayMs(attempt);
      thread.log.warn(
        `consume() failed on "${message.topic}" at position ${message.position}, attempt ${attempt}; again in ${delayMs} ms`,
        failureFields(error),
      );
      if (!this.#stopping) await this.#pauses.sleep(delayMs);
      if (this.#stopping || queue.stopping) return undefined;
      message = this.#again(delivery, attempt + 1);
      context = new ThreadDeliveryContext(thread, message);
      startedMs = this.#clock.beginAgain();
      try {
        await consumer.consume(message, context);
        this.#clock.end(startedMs);
        return context;
      } catch (next) {
        error = next;
      }
    }
  }

  /** The message of a delivery that failed, read anew: the attempt before may have changed the bytes it was given. */
  #again({ ordinal, bytes, view, at }: Delivery, attempt: number): DeliveredMessage {
    const { hubId, entries } = this.#parts;
    // What can no longer be read is delivered as it was.
    if (entries.readAnew(ordinal) !== undefined) return new DeliveredMessage(hubId, bytes, view, at, attempt);
    return new DeliveredMessage(hubId, entries.slab.bytes, entries.slab.view, entries.at, attempt);
  }

  /** An entry whose record is not what was written cannot be delivered: it is counted as lost, loudly. */
  #giveUp(problem: string): void {
    const { claims, context, entries, settlements } = this.#parts;
    context.log.error(`entry ${claims.next} at position ${entries.position} cannot be delivered: ${problem}`, {
      code: 'DATA_DAMAGED',
    });
    settlements.add(claims.next, entries.length, SettleKind.DAMAGED);
    claims.advance();
  }

  #keep(work: Promise<void>): void {
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== undefined && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
