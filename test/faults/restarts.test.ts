// A consumer whose threads end again and again, in every way but by memory: each of its messages becomes a dead letter, its
// neighbour gets all that it is sent, and how long that takes is printed beside how long it takes alone.
// PENSTOCK_FAULT_SIZE says how many restarts there are.
import { setTimeout as delay } from 'node:timers/promises';
import type { Hub } from '@penstock/hub';
import { expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.js';
import { allSettled, consumerOf, fixture, startHub } from '../support/test-hub.js';
import { until } from '../support/until.js';

const RESTARTS = Number(process.env.PENSTOCK_FAULT_SIZE ?? 16);
const THREADS = 8;
/** A hub is started for so many: the pauses between a thread's restarts grow. */
const RESTARTS_PER_HUB = 4 * THREADS;
const WAYS = ['throw', 'exit-0', 'exit-1', 'reject', 'null', 'proxy', 'hostile'];

/** How many messages the neighbour gets with nobody beside it, for each hub; and how often it gets one. */
const ALONE = 100;
const EVERY_MS = 5;

/** The last latencies of the neighbour's messages, in milliseconds. */
class Latencies {
  readonly options = {
    count: new Int32Array(new SharedArrayBuffer(4)),
    samples: new Float64Array(new SharedArrayBuffer(8 * 65_536)),
  };

  get count(): number {
    return this.options.count[0] as number;
  }

  /** Waits for so many since the last call, and takes them. */
  async take(count: number): Promise<number[]> {
    await until('the neighbour has got what it was sent', () => this.count === count);
    const taken = [...this.options.samples.subarray(0, this.count)];
    this.options.count[0] = 0;
    return taken;
  }
}

/** Publishes to the neighbour until something is over; resolves with how many it was. */
async function publishUntil(hub: Hub, isOver: (published: number) => boolean): Promise<number> {
  let published = 0;
  for (; !isOver(published); published++) {
    const sent = String(performance.timeOrigin + performance.now());
    await hub.publish('test.neighbour', 'body', { sent });
    await delay(EVERY_MS);
  }
  return published;
}

const p99 = (samples: readonly number[]): number =>
  samples.toSorted((a, b) => a - b)[Math.floor(samples.length * 0.99)] as number;

it(`${RESTARTS} restarts lose nothing and leave the neighbour alone`, {
  timeout: 120_000 + RESTARTS * 2_000,
}, async () => {
  const dataDir = tempDir();
  const latencies = new Latencies();
  const alone: number[] = [];
  const beside: number[] = [];
  let restarts = 0;
  for (let left = RESTARTS; left > 0; left -= RESTARTS_PER_HUB) {
    const count = Math.min(left, RESTARTS_PER_HUB);
    const crashing = { module: fixture('crash-kinds'), topics: ['crash.>'], threads: THREADS, maxCrashes: 1 };
    const hub = await startHub({
      dataDir,
      consumers: {
        crashing: { ...crashing, options: { log: `${dataDir}/crashing.log` } },
        neighbour: { module: fixture('latency'), options: latencies.options },
      },
    });
    const kept = consumerOf(hub, 'crashing').deadLetters;
    await publishUntil(hub, (published) => published === ALONE);
    alone.push(...(await latencies.take(ALONE)));
    await Promise.all(
      Array.from({ length: count }, (_, n) =>
        hub.publish('crash.now', 'body', { crash: String(WAYS[n % WAYS.length]) }),
      ),
    );
    const published = await publishUntil(hub, () => consumerOf(hub, 'crashing').backlog === 0);
    await allSettled(hub);
    beside.push(...(await latencies.take(published)));
    expect(consumerOf(hub, 'crashing')).toMatchObject({
      deadLetters: kept + count,
      deadLetteredTotal: { crashes: count },
      restartsTotal: count,
    });
    expect(consumerOf(hub, 'neighbour')).toMatchObject({
      restartsTotal: 0,
      settledTotal: { acknowledged: ALONE + published },
    });
    restarts += consumerOf(hub, 'crashing').restartsTotal;
    await hub.stop();
  }
  const [aloneMs, besideMs] = [p99(alone), p99(beside)];
  const ratio = besideMs / aloneMs;
  console.log(
    `${restarts} restarts; the neighbour's p99: ${aloneMs.toFixed(1)} ms alone, ${besideMs.toFixed(1)} ms beside them (${ratio.toFixed(2)}×)`,
  );
  expect(restarts).toBe(RESTARTS);
});
