// Times and counts deliveries, beside the loop that makes them: how long each waited and took, how many are in
// flight, and when the event loop is due its turn. One look at the clock for each delivery.
import { AT } from '../../journal/record.js';
import { ThreadShared } from '../../queue/shared.js';
import { bucketIndex } from '../../telemetry/buckets.js';

/** The event loop gets its turn after this many deliveries, or this long, whichever is first. */
const DELIVERIES_PER_TURN = 256;
const TURN_MS = 2;

/** How much one delivery counts in the mean. */
const MEAN_WEIGHT = 1 / 16;

export class DeliveryClock {
  readonly #thread: ThreadShared;
  #inFlight = 0;
  #inTurn = 0;
  #turnEndsMs = 0;
  #nowMs = 0;
  /** Wall clock minus the monotonic one. */
  #wallMs = 0;
  #meanConsumeMs: number;

  /** @param meanConsumeMs What consume() is taken to need before it was seen. */
  constructor(thread: ThreadShared, meanConsumeMs: number) {
    this.#thread = thread;
    this.#meanConsumeMs = meanConsumeMs;
  }

  /** The thread's monotonic clock, in milliseconds, as of the last delivery. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How long consume() takes lately, in milliseconds. */
  get meanConsumeMs(): number {
    return this.#meanConsumeMs;
  }

  beginTurn(): void {
    this.#nowMs = performance.now();
    this.#wallMs = Date.now() - this.#nowMs;
    this.#turnEndsMs = this.#nowMs + TURN_MS;
    this.#inTurn = 0;
  }

  /** To be asked before each delivery: whether the event loop is due its turn. */
  turnIsOver(): boolean {
    return ++this.#inTurn > DELIVERIES_PER_TURN || this.#nowMs >= this.#turnEndsMs;
  }

  /** Counts the first delivery of the record at `at` in, and how long it had waited. */
  begin(view: DataView, at: number): void {
    this.#count(1);
    const waitMs = this.#nowMs + this.#wallMs - view.getFloat64(at + AT.time, true);
    this.#thread.queueWait.add(bucketIndex(waitMs), Math.max(0, waitMs) / 1e3);
  }

  /** Counts a later delivery of a message in. */
  beginAgain(): void {
    this.#count(1);
  }

  /**
   * Counts a delivery out; those in order begin where the one before ended.
   *
   * @param messages How many messages it was of.
   * @returns How long it took, in milliseconds.
   */
  end(startedMs = this.#nowMs, messages = 1): number {
    this.#count(-messages);
    this.#nowMs = performance.now();
    const tookMs = this.#nowMs - startedMs;
    this.#meanConsumeMs += (tookMs - this.#meanConsumeMs) * MEAN_WEIGHT;
    this.#thread.consumeDuration.add(bucketIndex(tookMs), tookMs / 1e3);
    return tookMs;
  }

  #count(change: number): void {
    this.#inFlight += change;
    this.#thread.words[ThreadShared.IN_FLIGHT] = this.#inFlight;
  }
}
