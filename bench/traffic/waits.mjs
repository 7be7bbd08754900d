// How long messages took from their publishing to consume(): one number for each message, in the thread where it
// arrived, so that a percentile is one of them and not the edge of a bucket.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicMs } from './clock.mjs';
import { sequenceOf, timeOf } from './messages.mjs';

const pathOf = (/** @type {string} */ dir, /** @type {string} */ consumer) => join(dir, `${consumer}.waits`);

export class Waits {
  #ms;

  /** @param {number} size how many messages there are, numbered from 0 */
  constructor(size) {
    this.#ms = new Float64Array(size).fill(Number.NaN);
  }

  /**
   * Notes one delivery.
   *
   * @param {Uint8Array} body of a message with its time in it
   */
  see(body) {
    this.#ms[sequenceOf(body)] = monotonicMs() - timeOf(body);
  }

  /**
   * @param {string} dir
   * @param {string} consumer
   */
  write(dir, consumer) {
    writeFileSync(pathOf(dir, consumer), this.#ms);
  }
}

/**
 * The percentiles of a consumer's waits from message `first` on, in milliseconds; those that never came are left out,
 * since a tally counts them.
 *
 * @param {string} dir
 * @param {string} consumer
 * @param {number} first
 */
export function readWaits(dir, consumer, first) {
  const bytes = readFileSync(pathOf(dir, consumer));
  const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const sorted = all.subarray(first).filter(Number.isFinite).sort();
  const percentile = (/** @type {number} */ percent) =>
    sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
  return { p50: percentile(50), p99: percentile(99), max: percentile(100) };
}
