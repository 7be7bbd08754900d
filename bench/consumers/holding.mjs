// Holds its deliveries until as many are in flight as may be, then lets go of all of them in random order, and notes
// the processor time until the next one begins: so long its thread did nothing but settle them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Counting from './counting.mjs';

/** @typedef {import('../traffic/tally.mjs').TallyPlan & { inFlight: number, warmup: number }} HoldingPlan */

/** @typedef {{ count: number, micros: number }} Settled how many since the warm-up, and their processor time */

/** @param {string} dir where its {@link Settled} is written */
export const settledFile = (dir) => join(dir, 'settled.json');

/** Processor time of this process so far, in microseconds: of all threads, since some of V8's collect this one's garbage. */
export function cpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** @param {(() => void)[]} held calls each of them once, in random order */
export function endAllAtRandom(held) {
  for (let last = held.length - 1; last >= 0; last--) {
    const at = Math.floor(Math.random() * (last + 1));
    const end = held[at];
    held[at] = held[last];
    end();
  }
}

export default class Holding extends Counting {
  /** @type {HoldingPlan} */
  #plan;
  /** @type {(() => void)[]} */
  #held = [];
  #seen = 0;
  /** @type {Settled} */
  #settled = { count: 0, micros: 0 };
  /** @type {{ count: number, since: number } | undefined} */
  #settling;

  /** @param {import('@penstock/hub').ConsumerContext<HoldingPlan>} context */
  open(context) {
    super.open(context);
    this.#plan = context.options;
  }

  /**
   * Not async: what is let go of is to be known at once, before anything else is done.
   *
   * @type {Counting['consume']}
   */
  consume(message) {
    this.#endSettling();
    super.consume(message);
    this.#seen++;
    const { inFlight, size } = this.#plan;
    return new Promise((resolve) => {
      this.#held.push(resolve);
      if (this.#held.length === inFlight || this.#seen === size) this.#letGo();
    });
  }

  /** @type {Counting['close']} */
  close(context) {
    super.close(context);
    writeFileSync(settledFile(this.#plan.dir), JSON.stringify(this.#settled));
  }

  #letGo() {
    const held = this.#held;
    this.#held = [];
    // The last ones are followed by nothing.
    setImmediate(() => this.#endSettling());
    this.#settling = { count: held.length, since: cpuMicros() };
    endAllAtRandom(held);
  }

  #endSettling() {
    if (this.#settling === undefined) return;
    const { count, since } = this.#settling;
    this.#settling = undefined;
    if (this.#seen <= this.#plan.warmup) return;
    this.#settled.count += count;
    this.#settled.micros += cpuMicros() - since;
  }
}
