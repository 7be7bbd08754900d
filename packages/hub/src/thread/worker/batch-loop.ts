// The loop of a thread whose consumer takes many messages at once: gather what there is, up to a count, for a while if
// it is few, and deliver it together. Up to `concurrency` batches are in flight.
import type { BatchConsumer } from '../../consumer.js';
import type { Message } from '../../message.js';
import type { DeliverySettings } from '../protocol.js';
import { ThreadBatchContext } from './batch-context.js';
import { DeliveredMessage } from './delivered-message.js';
import type { DeliveryClock } from './delivery-clock.js';
import type { ThreadContext } from './delivery-context.js';
import type { Endings } from './endings.js';
import type { InFlight } from './in-flight.js';
import type { LoopControl } from './loop-control.js';
import type { RateLimiter } from './rate-limiter.js';
import type { Supply } from './supply.js';
import { withinTime } from './time-limit.js';
import type { Entry } from './waiting.js';

/** A batch is not added to once its records take so many bytes. */
const MOST_BATCH_BYTES = 16 << 20;

export interface BatchLoopParts {
  readonly hubId: string;
  readonly delivery: Pick<DeliverySettings, 'order' | 'timeoutMs' | 'maxBatch' | 'maxWaitMs' | 'maxCrashes'>;
  readonly consumer: BatchConsumer;
  readonly context: ThreadContext;
  readonly control: LoopControl;
  readonly clock: DeliveryClock;
  readonly supply: Supply;
  readonly endings: Endings;
  readonly inFlight: InFlight;
  readonly limiter: RateLimiter | undefined;
}

/** A message that is gathered, and where its record lies. */
interface Gathered {
  readonly entry: Entry;
  readonly message: DeliveredMessage;
  readonly view: DataView;
  readonly at: number;
}

export class BatchLoop {
  readonly #parts: BatchLoopParts;
  /** What is gathered for the next delivery, … */
  #gathered: Gathered[] = [];
  #gatheredBytes = 0;
  /** Whether it is to be made without more: the next one is to have a batch of its own. */
  #isCut = false;
  /** … which is made at this moment of the thread's monotonic clock at the latest. */
  #untilMs = 0;

  constructor(parts: BatchLoopParts) {
    this.#parts = parts;
  }

  /** How many more messages the next batch takes. */
  get room(): number {
    return this.#parts.delivery.maxBatch - this.#gathered.length;
  }

  /** Delivers until it is to stop; what was gathered by then stays in the queue. */
  async run(): Promise<void> {
    const { control, clock, supply, inFlight } = this.#parts;
    clock.beginTurn();
    while (!control.stopping) {
      const wait = control.beforeNext();
      if (wait !== undefined) {
        await wait;
        continue;
      }
      this.#gather();
      const count = this.#gathered.length;
      const suspect = this.#suspect;
      if (suspect !== undefined && !control.mayBeginAlone) {
        await control.company();
        continue;
      }
      if (suspect !== undefined && !inFlight.mayBegin(suspect)) {
        this.#putOff(suspect);
        continue;
      }
      if (count > 0 && (this.#isWhole || performance.now() >= this.#untilMs)) {
        const { turns, waitMs } = this.#draw(count);
        if (turns === 0) {
          if (suspect !== undefined) inFlight.holdBack(suspect);
          await control.nothing(performance.now() + waitMs, true);
          continue;
        }
        control.found();
        this.#deliver(turns);
      } else if (!this.#isWhole && supply.hasMore) await control.turn();
      else await control.nothing(count > 0 ? this.#untilMs : undefined);
    }
    await control.end();
  }

  get #isWhole(): boolean {
    return this.#isCut || this.room === 0 || this.#gatheredBytes >= MOST_BATCH_BYTES;
  }

  /** Adds what there is to the batch. */
  #gather(): void {
    const { hubId, clock, supply, delivery } = this.#parts;
    while (!this.#isWhole) {
      const entry = supply.take(clock.nowMs);
      if (entry === undefined) return;
      const { slab, at } = supply.source;
      const { bytes, view } = slab;
      if (this.#gathered.length === 0) this.#untilMs = performance.now() + delivery.maxWaitMs;
      const message = new DeliveredMessage(hubId, bytes, view, at, entry.failures + 1);
      if (entry.crashes > 0 && !this.#takeSuspect(entry, message)) continue;
      this.#gathered.push({ entry, message, view, at });
      this.#gatheredBytes += entry.length;
      supply.detach(entry);
    }
  }

  /** Whether an entry that has ended its thread, or the hub, before is the next batch, which it is alone. */
  #takeSuspect(entry: Entry, message: DeliveredMessage): boolean {
    const { delivery, endings, supply } = this.#parts;
    if (entry.crashes >= delivery.maxCrashes) {
      endings.crashed(entry, message);
      return false;
    }
    if (this.#gathered.length > 0) {
      this.#isCut = true;
      supply.putBack(entry);
      return false;
    }
    this.#isCut = true;
    return true;
  }

  /** The one entry gathered, if it has ended its thread, or the hub, before. */
  get #suspect(): Entry | undefined {
    const [first] = this.#gathered;
    return first !== undefined && first.entry.crashes > 0 ? first.entry : undefined;
  }

  /** Takes the one entry gathered out again, whose turn it is not yet. */
  #putOff(entry: Entry): void {
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#isCut = false;
    this.#parts.supply.putOff(entry);
  }

  /** Draws turns of the rate limit for as many messages as may begin now, and says how long there is none for the next. */
  #draw(count: number): { turns: number; waitMs: number } {
    const { limiter } = this.#parts;
    if (limiter === undefined) return { turns: count, waitMs: 0 };
    for (let turns = 0; turns < count; turns++) {
      const waitMs = limiter.waitMs();
      if (waitMs > 0) return { turns, waitMs };
    }
    return { turns: count, waitMs: 0 };
  }

  /** Begins the delivery of the first so many of those gathered. */
  #deliver(count: number): void {
    const { context: thread, control, clock, endings, inFlight, supply, delivery } = this.#parts;
    const batch = this.#gathered.splice(0, count);
    this.#isCut = false;
    const bytes = batch.reduce((sum, { entry }) => sum + entry.length, 0);
    this.#gatheredBytes -= bytes;
    if (delivery.order === 'strict') {
      // What the rate limit has left over must not be next, should one of these have to be delivered again.
      for (const { entry } of this.#gathered.splice(0)) supply.putBack(entry);
      this.#gatheredBytes = 0;
    }
    const keep = (later: Promise<void>) => control.keepUncommitted(later);
    const context = new ThreadBatchContext(thread, { endings, beganAt: Date.now(), keep });
    for (const { entry, message, view, at } of batch) {
      if (entry.failures === 0) clock.begin(view, at);
      else clock.beginAgain();
      context.add(message, entry);
    }
    const [first] = batch;
    control.occupy(bytes, (first?.entry.crashes ?? 0) > 0);
    inFlight.beginBeside(
      batch.map(({ entry }) => entry),
      first?.message.position ?? Number.NaN,
    );
    const messages = batch.map(({ message }) => message);
    control.keep(this.#deliverBeside(messages, bytes, context));
  }

  async #deliverBeside(messages: readonly Message[], bytes: number, context: ThreadBatchContext): Promise<void> {
    const { consumer, clock, control, context: thread } = this.#parts;
    // Told before it can take messages out of the list.
    const count = messages.length;
    const startedMs = performance.now();
    try {
      await this.#inTime(consumer.consumeBatch(messages, context), messages, context);
      context.succeed();
    } catch (error) {
      // To be ended by drain(), or at the end of the time for it, is no failure.
      if (control.stopping && (consumer.drain !== undefined || thread.aborted)) context.leave();
      else context.fail(error);
    }
    clock.end(startedMs, count);
    control.vacate(bytes);
  }

  async #inTime(result: unknown, messages: readonly Message[], context: ThreadBatchContext): Promise<void> {
    const { delivery, endings, context: thread } = this.#parts;
    const { timeoutMs } = delivery;
    if (timeoutMs === undefined) {
      await result;
      return;
    }
    const what = () => {
      const [first] = messages;
      return `consumeBatch() on ${messages.length} messages from "${first?.topic}" at position ${first?.position} on`;
    };
    const expired = (error: Error) => {
      endings.countTimeout();
      context.expire(error);
    };
    await withinTime(result, { timeoutMs, what, log: thread.log, expired });
  }
}
