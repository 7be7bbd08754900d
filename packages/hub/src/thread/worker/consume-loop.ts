// The loop of a consumer's thread: take an entry, deliver it, settle it. Up to `concurrency` deliveries are in flight;
// with one, and no time limit, they are made in line, without a promise more than consume() makes.
import type { Consumer } from '../../consumer.js';
import type { Slab } from '../../journal/record-reader.js';
import type { DeliverySettings } from '../protocol.js';
import { DeliveredMessage } from './delivered-message.js';
import type { DeliveryClock } from './delivery-clock.js';
import { type ThreadContext, ThreadDeliveryContext } from './delivery-context.js';
import type { Endings } from './endings.js';
import type { CurrentEntry } from './entry-reader.js';
import type { InFlight } from './in-flight.js';
import type { LoopControl } from './loop-control.js';
import type { RateLimiter } from './rate-limiter.js';
import type { Supply } from './supply.js';
import { isThenable } from './thenable.js';
import { withinTime } from './time-limit.js';
import type { Entry } from './waiting.js';

export interface ConsumeLoopParts {
  readonly hubId: string;
  readonly delivery: Pick<DeliverySettings, 'concurrency' | 'timeoutMs' | 'maxCrashes'>;
  readonly consumer: Consumer;
  readonly context: ThreadContext;
  readonly control: LoopControl;
  readonly clock: DeliveryClock;
  readonly supply: Supply;
  readonly endings: Endings;
  readonly inFlight: InFlight;
  readonly limiter: RateLimiter | undefined;
}

export class ConsumeLoop {
  readonly #parts: ConsumeLoopParts;
  /** Taken, and held back by the rate limit; until it begins, others are read whose deliveries have ended. */
  #inHand: { readonly entry: Entry; readonly slab: Slab; readonly at: number } | undefined;

  constructor(parts: ConsumeLoopParts) {
    this.#parts = parts;
  }

  /** Delivers until it is to stop. */
  async run(): Promise<void> {
    const { delivery, consumer, control, clock, supply, inFlight, limiter } = this.#parts;
    const inLine = delivery.concurrency === 1 && delivery.timeoutMs === undefined;
    clock.beginTurn();
    while (!control.stopping) {
      const wait = control.beforeNext();
      if (wait !== undefined) {
        await wait;
        continue;
      }
      const held = this.#inHand;
      const entry = held?.entry ?? supply.take(clock.nowMs);
      if (entry === undefined) {
        await (supply.hasMore ? control.turn() : control.nothing());
        continue;
      }
      const source = held ?? supply.source;
      if (entry.crashes > 0 && !this.#suspectMayBegin(entry, source)) {
        // The other deliveries are to end first; or it is dealt with.
        if (this.#inHand !== undefined) await control.company();
        continue;
      }
      const waitMs = limiter?.waitMs() ?? 0;
      if (waitMs > 0) {
        inFlight.holdBack(entry);
        this.#inHand = { entry, slab: source.slab, at: source.at };
        await control.nothing(performance.now() + waitMs, true);
        continue;
      }
      this.#inHand = undefined;
      control.found();
      const message = this.#begin(entry, source);
      const context = new ThreadDeliveryContext(this.#parts.context, message);
      if (!inLine) {
        supply.detach(entry);
        control.occupy(entry.length, entry.crashes > 0);
        inFlight.beginBeside([entry], message.position);
        control.keep(this.#deliverBeside(entry, message, context));
        continue;
      }
      inFlight.beginInLine(entry, message.position);
      try {
        const result = consumer.consume(message, context);
        if (isThenable(result)) await result;
      } catch (error) {
        this.#failed(entry, message, context, error, clock.end());
        continue;
      }
      clock.end();
      this.#succeeded(entry, context);
    }
    await control.end();
  }

  /** Whether the delivery of an entry may begin that has ended its thread, or the hub, before: it is made alone. */
  #suspectMayBegin(entry: Entry, source: Pick<CurrentEntry, 'slab' | 'at'>): boolean {
    const { hubId, delivery, control, supply, endings, inFlight } = this.#parts;
    const { slab, at } = source;
    this.#inHand = undefined;
    if (entry.crashes >= delivery.maxCrashes) {
      control.found();
      endings.crashed(entry, new DeliveredMessage(hubId, slab.bytes, slab.view, at, entry.failures + 1));
      return false;
    }
    if (!control.mayBeginAlone) {
      this.#inHand = { entry, slab, at };
      return false;
    }
    if (inFlight.mayBegin(entry)) return true;
    supply.putOff(entry);
    return false;
  }

  /** The message of an entry whose record was just read. */
  #begin(entry: Entry, { slab, at }: Pick<CurrentEntry, 'slab' | 'at'>): DeliveredMessage {
    const { hubId, clock } = this.#parts;
    if (entry.failures === 0) clock.begin(slab.view, at);
    else clock.beginAgain();
    return new DeliveredMessage(hubId, slab.bytes, slab.view, at, entry.failures + 1);
  }

  async #deliverBeside(entry: Entry, message: DeliveredMessage, context: ThreadDeliveryContext): Promise<void> {
    const { consumer, clock, control, delivery } = this.#parts;
    const startedMs = performance.now();
    try {
      if (delivery.timeoutMs === undefined) await consumer.consume(message, context);
      else await this.#withinTime(delivery.timeoutMs, consumer.consume(message, context), message, context);
    } catch (error) {
      this.#failed(entry, message, context, error, clock.end(startedMs));
      control.vacate(entry.length);
      return;
    }
    clock.end(startedMs);
    this.#succeeded(entry, context);
    control.vacate(entry.length);
  }

  #succeeded(entry: Entry, context: ThreadDeliveryContext): void {
    const later = this.#parts.endings.acknowledged(entry, context.end());
    if (later !== undefined) this.#parts.control.keepUncommitted(later);
  }

  #failed(
    entry: Entry,
    message: DeliveredMessage,
    context: ThreadDeliveryContext,
    error: unknown,
    tookMs: number,
  ): void {
    const { endings, control, consumer, context: thread } = this.#parts;
    const uncommitted = context.end();
    // To be ended by drain(), or at the end of the time for it, is no failure.
    if (control.stopping && (consumer.drain !== undefined || thread.aborted)) {
      endings.left(entry);
      return;
    }
    const later = endings.failed({ entry, message, error, beganAt: Date.now() - tookMs }, uncommitted);
    if (later !== undefined) control.keepUncommitted(later);
  }

  #withinTime(
    timeoutMs: number,
    result: unknown,
    message: DeliveredMessage,
    context: ThreadDeliveryContext,
  ): Promise<void> {
    const { endings, context: thread } = this.#parts;
    return withinTime(result, {
      timeoutMs,
      what: () => `consume() on "${message.topic}" at position ${message.position}`,
      log: thread.log,
      expired: (error) => {
        endings.countTimeout();
        context.expire(error);
      },
    });
  }
}
