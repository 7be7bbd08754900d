// The waits are what the isolation and latency rows stand on, so it is shown here that they are what they say.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { monotonicMs } from './clock.mjs';
import { framesAt, sequenceOf, timedMessageAt, timeOf } from './messages.mjs';
import { readWaits, Waits } from './waits.mjs';

/** @type {string} */
let dir;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waits-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('a message with its time', () => {
  it('keeps both its number and its time, also as ZeroMQ frames', () => {
    const { body } = timedMessageAt(70_000, 1234.5678);
    expect([sequenceOf(body), timeOf(body)]).toEqual([70_000, 1234.5678]);
    const [, , frame] = framesAt(70_001, 0.25);
    expect([sequenceOf(frame), timeOf(frame)]).toEqual([70_001, 0.25]);
  });
});

describe('the waits of a consumer', () => {
  /** Messages that were published 1, 2, … `size` ms ago, of which those in `missing` did not come. */
  function waitsOf(/** @type {number} */ size, missing = new Set()) {
    const waits = new Waits(size);
    for (let sequence = 0; sequence < size; sequence++) {
      if (!missing.has(sequence)) waits.see(timedMessageAt(sequence, monotonicMs() - (sequence + 1) * 1000).body);
    }
    waits.write(dir, 'a');
  }

  it('give percentiles that are each one of the waits', () => {
    waitsOf(200);
    const { p50, p99, max } = readWaits(dir, 'a', 0);
    expect([p50, p99, max].map((ms) => Math.floor(ms / 1000))).toEqual([100, 198, 200]);
  });

  it('leave out the warm-up, and what never came', () => {
    waitsOf(20, new Set([19]));
    const { p50, max } = readWaits(dir, 'a', 17);
    expect([p50, max].map((ms) => Math.floor(ms / 1000))).toEqual([18, 19]);
  });
});
