// What the loops of a thread have in common, whether they deliver one message or many at a time: when they are to wait,
// and for what, and how they end.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { QueueShared } from '../../queue/shared.js';
import type { DeliveryClock } from './delivery-clock.js';
import type { Settlements } from './settlements.js';
import type { Waiting } from './waiting.js';
import { Wakeup } from './wakeup.js';

/** Beyond this, one thread begins no further delivery beside those in flight: each holds its message in memory. */
const MOST_IN_FLIGHT_BYTES = 67_108_864;

/**
 * What is to be alone begins all the same after so long, in milliseconds, and has company after so long: one delivery that
 * never ends is not to hold up its thread for ever.
 */
const MOST_ALONE_MS = 60_000;

export interface LoopControlParts {
  /** Deliveries in flight at once; of a consumer of batches, batches. */
  readonly concurrency: number;
  /** With so many deliveries ended whose publishes are not committed yet, none begins. */
  readonly mostUncommitted: number;
  readonly queue: QueueShared;
  readonly settlements: Settlements;
  readonly waiting: Waiting;
  readonly clock: DeliveryClock;
}

export class LoopControl {
  readonly #parts: LoopControlParts;
  readonly #wakeup: Wakeup;
  /** Deliveries beside the loop, and commits that ended deliveries wait for: none of them rejects. */
  #pending = 0;
  readonly #ended = () => {
    this.#pending--;
    if (this.#pending === 0) this.#allEnded?.();
  };
  readonly #committed = () => {
    this.#uncommitted--;
  };
  /** Set while the end of the loop waits for them. */
  #allEnded: (() => void) | undefined;
  #uncommitted = 0;
  #occupied = 0;
  #isAlone = false;
  /** Until when what is beside the loop is not to have company, where it is alone, and since when the next one waits to be without. */
  #aloneUntilMs = 0;
  #wantsToBeAloneSinceMs = Number.POSITIVE_INFINITY;
  #occupiedBytes = 0;
  #stopping = false;
  #prepared = false;

  constructor(parts: LoopControlParts) {
    this.#parts = parts;
    this.#wakeup = new Wakeup(parts.queue.wake);
  }

  /** Whether the loop is to end. */
  get stopping(): boolean {
    return this.#stopping || this.#parts.queue.stopping;
  }

  /** Whether the next delivery, which is to be alone, may begin; to be asked again as deliveries end. */
  get mayBeginAlone(): boolean {
    if (this.#occupied === 0) return true;
    this.#wantsToBeAloneSinceMs = Math.min(this.#wantsToBeAloneSinceMs, performance.now());
    return performance.now() >= this.#aloneByMs;
  }

  /** Waits for the deliveries that are in flight, for one that is to be alone. */
  company(): Promise<void> {
    return this.nothing(this.#aloneByMs, true);
  }

  get #aloneByMs(): number {
    return this.#wantsToBeAloneSinceMs + MOST_ALONE_MS;
  }

  /** Ends the loop once what is in flight has finished; what waits for a retry stays queued. */
  stop(): void {
    this.#stopping = true;
    this.#wakeup.nudge();
  }

  /** Whether a delivery may begin at this moment, as far as pauses and places go. */
  get mayBegin(): boolean {
    const { queue, concurrency, mostUncommitted } = this.#parts;
    return (
      !queue.paused &&
      !this.#staysAlone &&
      this.#occupied < concurrency &&
      this.#occupiedBytes < MOST_IN_FLIGHT_BYTES &&
      this.#uncommitted < mostUncommitted
    );
  }

  /** The clock costs more than all the rest of {@link mayBegin}: it is looked at while something is alone. */
  get #staysAlone(): boolean {
    return this.#isAlone && performance.now() < this.#aloneUntilMs;
  }

  /** What is to be awaited before the next delivery: room for it, or the event loop's turn; undefined for nothing. */
  beforeNext(): Promise<void> | undefined {
    // A moment that has gone by is nothing to wait for: that would be to spin.
    if (!this.mayBegin) return this.nothing(this.#staysAlone ? this.#aloneUntilMs : undefined);
    return this.#parts.clock.turnIsOver() ? this.turn() : undefined;
  }

  /**
   * A delivery has begun beside the loop.
   *
   * @param alone Whether no other one is to begin before it has ended.
   */
  occupy(bytes: number, alone: boolean): void {
    this.#occupied++;
    this.#isAlone = alone;
    if (alone) this.#aloneUntilMs = performance.now() + MOST_ALONE_MS;
    this.#wantsToBeAloneSinceMs = Number.POSITIVE_INFINITY;
    this.#occupiedBytes += bytes;
  }

  /** It has ended. */
  vacate(bytes: number): void {
    this.#occupied--;
    this.#isAlone = false;
    this.#occupiedBytes -= bytes;
    this.#wakeup.nudge();
  }

  /** Something has ended that the loop may wait for. */
  changed(): void {
    this.#wakeup.nudge();
  }

  /** Has the end of the loop wait for a delivery beside it, which never rejects. */
  keep(work: Promise<void>): void {
    this.#pending++;
    void work.then(this.#ended);
  }

  /** The same, for what waits for a commit. */
  keepUncommitted(work: Promise<void>): void {
    this.#uncommitted++;
    this.keep(work.then(this.#committed));
  }

  /** To be called when there is something to do. */
  found(): void {
    this.#prepared = false;
  }

  /**
   * To be called when nothing can be done at this moment. The first time it only makes sure that what comes from now on
   * is noticed, and the loop is to look again; then it waits.
   *
   * @param untilMs A moment of the thread's clock when there may be something to do.
   * @param heldBack Whether nothing is delivered before, even if its retry is due: to wait for that would be to spin.
   */
  async nothing(untilMs = Number.POSITIVE_INFINITY, heldBack = !this.mayBegin): Promise<void> {
    const { waiting, clock } = this.#parts;
    if (!this.#prepared) {
      this.#wakeup.prepare();
      this.#prepared = true;
      clock.beginTurn();
      return;
    }
    this.#prepared = false;
    const dueMs = heldBack ? untilMs : Math.min(untilMs, waiting.nextDueMs);
    await this.#wakeup.wait(dueMs - performance.now());
    clock.beginTurn();
  }

  /** Gives the event loop its turn. */
  async turn(): Promise<void> {
    await endOfTurn();
    this.#parts.clock.beginTurn();
  }

  /** Waits for all that is in flight, and writes what was settled. */
  async end(): Promise<void> {
    if (this.#pending > 0) {
      await new Promise<void>((resolve) => {
        this.#allEnded = resolve;
      });
    }
    this.#parts.settlements.flush();
  }
}
