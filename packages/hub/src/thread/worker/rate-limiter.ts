// The turns of a consumer's rate limit, drawn by all of its threads from one ring in shared memory: exact over every
// period, not only over those that begin at a multiple, and without a lock that an ended thread could keep.
//
// The ring has one place for each delivery that the limit allows in a period, and in it when that place was last
// drawn. A place can be drawn again once a period has passed since; as there are only so many places, and a place is
// drawn by one compare-and-swap on its time, no more deliveries begin in any period, whoever draws and however the
// draws fall together. RATE_TURN only says where to look: at the place that has been at rest for longest.
import type { RateLimit } from '../../consumer.js';
import type { QueueShared } from '../../queue/shared.js';

const NS_PER_MS = 1_000_000n;

export class RateLimiter {
  readonly #turn: BigInt64Array;
  readonly #drawnNs: BigInt64Array;
  readonly #periodNs: bigint;
  readonly #clockNs: () => bigint;

  /**
   * @param queue Memory with as many `rateTurns` as the limit has messages.
   * @param limit What the consumer may begin, by all of its threads together.
   * @param clockNs A clock that all threads share and nobody sets; for tests.
   */
  constructor(queue: QueueShared, { perMs }: Pick<RateLimit, 'perMs'>, clockNs = process.hrtime.bigint) {
    this.#turn = queue.rateTurn;
    this.#drawnNs = queue.rateTurns;
    this.#periodNs = BigInt(perMs) * NS_PER_MS;
    this.#clockNs = clockNs;
  }

  /**
   * Draws a turn for one delivery, or says when to ask again. Of a thread that ends with a turn drawn and no delivery
   * begun, the turn counts as used: for one period, one delivery less begins.
   *
   * @returns 0 when a turn was drawn now; else after how many milliseconds, whole ones, the next can be free. Another
   *   thread may be quicker then.
   */
  waitMs(): number {
    const places = this.#drawnNs;
    for (;;) {
      const turn = Atomics.load(this.#turn, 0);
      const at = Number(turn) % places.length;
      const drawnNs = Atomics.load(places, at);
      // Places are drawn in the order of the ring. One that is younger than the next was drawn by a thread that has
      // not moved the turn on yet, or has ended before it could.
      if (Atomics.load(places, (at + 1) % places.length) < drawnNs) {
        this.#moveOn(turn);
        continue;
      }
      const nowNs = this.#clockNs();
      const leftNs = drawnNs === 0n ? 0n : drawnNs + this.#periodNs - nowNs;
      if (leftNs > 0n) {
        // The turn has moved on meanwhile: what was looked at is no longer the place that is free first.
        if (Atomics.load(this.#turn, 0) !== turn) continue;
        return Number((leftNs + NS_PER_MS - 1n) / NS_PER_MS);
      }
      if (Atomics.compareExchange(places, at, drawnNs, nowNs) !== drawnNs) continue;
      this.#moveOn(turn);
      return 0;
    }
  }

  #moveOn(turn: bigint): void {
    Atomics.compareExchange(this.#turn, 0, turn, turn + 1n);
  }
}
