// Counts deliveries exactly, one bit per sequence number, in whichever thread they arrive; and takes the time at
// a few chosen counts there, so that nobody's polling is in a figure. Costs a few nanoseconds a delivery.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicMs } from './clock.mjs';
import { sequenceOf } from './messages.mjs';

/**
 * What a tally is to count. Plain data, so that it can be handed to a thread.
 *
 * @typedef {object} TallyPlan
 * @property {string} dir where each tally is written when its consumer closes
 * @property {number} first the lowest sequence number expected
 * @property {number} size how many are expected, from `first` on
 * @property {number[]} marks ascending counts of deliveries at which the time is taken
 * @property {Int32Array<SharedArrayBuffer>} [together] counts the deliveries of all threads of one consumer, of which the
 *   one that comes to the mark takes the time; there is one mark then. Without it, each thread has marks of its own
 */

/**
 * A tally as it is written.
 *
 * @typedef {object} TallyReport
 * @property {string} consumer
 * @property {number} again deliveries of what this thread had seen already, or of what was not expected at all
 * @property {number[]} times when each mark was reached, monotonic milliseconds
 * @property {string} bits base64 of one bit for each expected sequence number
 */

export class Tally {
  #first;
  #size;
  #bits;
  #marks;
  #nextMark;
  #together;
  #seen = 0;
  #again = 0;
  /** @type {number[]} */
  #times = [];

  /** @param {TallyPlan} plan */
  constructor({ first, size, marks, together }) {
    this.#first = first;
    this.#size = size;
    this.#bits = new Uint8Array(Math.ceil(size / 8));
    this.#marks = marks;
    this.#nextMark = marks[0];
    this.#together = together;
  }

  /**
   * Counts one delivery.
   *
   * @param {Uint8Array} body
   */
  see(body) {
    const at = (sequenceOf(body) - this.#first) >>> 0;
    const bit = 1 << (at & 7);
    const held = at < this.#size ? this.#bits[at >>> 3] : 0xff;
    if ((held & bit) === 0) this.#bits[at >>> 3] = held | bit;
    else this.#again++;
    const seen = this.#together === undefined ? ++this.#seen : Atomics.add(this.#together, 0, 1) + 1;
    if (seen === this.#nextMark) {
      this.#times.push(monotonicMs());
      this.#nextMark = this.#marks[this.#times.length];
    }
  }

  /**
   * Writes the tally into `dir`, complete or not at all.
   *
   * @param {string} dir
   * @param {string} consumer
   * @param {number} threadIndex
   */
  write(dir, consumer, threadIndex) {
    const path = join(dir, `${consumer}-${threadIndex}.tally`);
    /** @type {TallyReport} */
    const report = {
      consumer,
      again: this.#again,
      times: this.#times,
      bits: Buffer.from(this.#bits.buffer).toString('base64'),
    };
    writeFileSync(`${path}.part`, JSON.stringify(report));
    renameSync(`${path}.part`, path);
  }
}

/**
 * Adds up what the threads wrote. Threads of one consumer share its sequence numbers; each consumer is to have
 * seen all of them.
 *
 * @param {TallyPlan} plan
 * @param {string[]} consumers names of those that were to count; one without any tally has lost everything
 * @param {{ partial?: boolean }} [options] `partial`: the run was stopped in between, so what is behind the
 *   furthest delivery of a consumer is not lost
 */
export function readTallies(plan, consumers, { partial = false } = {}) {
  const reports = readdirSync(plan.dir)
    .filter((name) => name.endsWith('.tally'))
    .map((name) => /** @type {TallyReport} */ (JSON.parse(readFileSync(join(plan.dir, name), 'utf8'))));
  let [lost, repeated, seen] = [0, 0, 0];
  for (const consumer of consumers) {
    const all = new Uint8Array(Math.ceil(plan.size / 8));
    for (const report of reports.filter((each) => each.consumer === consumer)) {
      repeated += report.again;
      Buffer.from(report.bits, 'base64').forEach((byte, at) => {
        const held = all[at];
        repeated += ones(held & byte);
        all[at] = held | byte;
      });
    }
    const distinct = all.reduce((sum, byte) => sum + ones(byte), 0);
    const end = partial ? 8 * all.findLastIndex((byte) => byte !== 0) + 8 - leadingZeros(all) : plan.size;
    lost += end - distinct;
    seen += distinct;
  }
  return { lost, repeated, seen, times: reports.map((report) => report.times) };
}

/** @param {number} byte */
function ones(byte) {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** How many bits above the highest set one its byte has.
 * @param {Uint8Array} bits */
function leadingZeros(bits) {
  const last = bits.findLast((byte) => byte !== 0);
  return last === undefined ? 0 : Math.clz32(last) - 24;
}
