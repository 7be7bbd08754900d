// Consumers that block their event loops: told of while they do, with the message that they are at; ended when they do for
// too long, until the message that is guilty is a dead letter; and their neighbour gets its own meanwhile.
import { join } from 'node:path';
import type { ConsumerSnapshot, Hub, HubEvents } from '@penstock/hub';
import { describe, expect, it } from 'vitest';
import { readDeliveries, readTexts } from '../support/deliveries.js';
import { recount } from '../support/naive-recount.js';
import { tempDir } from '../support/temp-dir.js';
import { allSettled, consumerOf, fixture, makeHub, numbers, publishNumbers } from '../support/test-hub.js';
import { until } from '../support/until.js';

const STALL_MS = 500;
const KILL_AFTER_MS = 2_000;
const MAX_CRASHES = 2;
const MESSAGES = 20;
const GUILTY = 10;

type Stall = Parameters<HubEvents['consumer:stalled']>[0];
type Failure = Parameters<HubEvents['consumer:failed']>[0];

interface Run {
  readonly hub: Hub;
  readonly dataDir: string;
  /** The consumer's log, and its neighbour's. */
  readonly log: string;
  readonly otherLog: string;
  /** What the hub told. */
  readonly stalls: Stall[];
  readonly recovered: Stall[];
  readonly failures: Failure['error'][];
}

/** Makes a hub with a consumer that blocks, and its neighbour; not started yet. */
async function make(killAfterMs: number | false, options: Readonly<Record<string, unknown>> = {}): Promise<Run> {
  const dataDir = tempDir();
  const [log, otherLog] = [join(dataDir, 'log'), join(dataDir, 'other')];
  const limits = { stallMs: STALL_MS, killAfterMs, maxCrashes: MAX_CRASHES };
  const hub = await makeHub({
    dataDir,
    drainTimeoutMs: 300,
    consumers: {
      blocking: { module: fixture('block-kinds'), ...limits, options: { log, ...options } },
      neighbour: { module: fixture('record'), options: { log: otherLog } },
    },
  });
  const run: Run = { hub, dataDir, log, otherLog, stalls: [], recovered: [], failures: [] };
  hub.on('consumer:stalled', (stall) => run.stalls.push(stall));
  hub.on('consumer:recovered', (stall) => run.recovered.push(stall));
  hub.on('consumer:failed', ({ error }) => run.failures.push(error));
  return run;
}

/** Publishes 20 messages, of which one blocks its thread in the way that `block` names. */
async function publish(hub: Hub, block: string): Promise<void> {
  await publishNumbers(hub, 0, GUILTY);
  await hub.publish('test.blocks', String(GUILTY), { block });
  await publishNumbers(hub, GUILTY + 1, MESSAGES);
}

const others = numbers(0, MESSAGES).filter((text) => text !== String(GUILTY));

/** What the hub says of a consumer that is stalled. */
interface Seen extends Pick<ConsumerSnapshot, 'state' | 'stalled'> {
  readonly notReady: string;
}

/** What is found of the guilty message: that it is over, or that it blocks for longer than anything is to. */
function fate(hub: Hub, seen: Seen[] = []): Promise<'over' | 'without end'> {
  return until('it is over, or goes on for too long', () => {
    const { backlog, stalled, state } = consumerOf(hub, 'blocking');
    if (stalled.length > 0) seen.push({ stalled, state, notReady: hub.snapshot().notReady.join() });
    if (stalled.some(({ forMs }) => forMs > 2 * KILL_AFTER_MS)) return 'without end';
    return backlog === 0 && 'over';
  });
}

/** Resolves with the stall of the guilty message, once it is known. */
const blocked = (hub: Hub) =>
  until('it is stalled', () => consumerOf(hub, 'blocking').stalled.find(({ topic }) => topic === 'test.blocks'));

describe.each([
  { block: 'loop', what: 'an endless loop' },
  { block: 'regex', what: 'a catastrophic regular expression' },
  { block: 'wait', what: 'Atomics.wait()' },
])('a message whose delivery blocks its thread with $what', ({ block }) => {
  it('is told of while it does, and is a dead letter after maxCrashes; all others are acknowledged', async () => {
    const { hub, dataDir, log, otherLog, stalls, failures } = await make(KILL_AFTER_MS);
    await hub.start();
    await publish(hub, block);
    const seen: Seen[] = [];
    expect(await fate(hub, seen)).toBe('over');
    await allSettled(hub);

    const deliveries = readDeliveries(log).filter(({ text }) => text === String(GUILTY));
    expect(deliveries).toHaveLength(MAX_CRASHES);
    const position = deliveries[0]?.position;
    expect(stalls.length).toBeGreaterThanOrEqual(MAX_CRASHES);
    // One that is told of may have begun before the delivery did, on a machine that is busy.
    const told = seen.filter(({ stalled }) => stalled[0]?.position === position);
    expect(told.length).toBeGreaterThan(0);
    for (const { state, stalled, notReady } of told) {
      expect(state).toBe('stalled');
      expect(stalled).toEqual([expect.objectContaining({ threadIndex: 0, topic: 'test.blocks' })]);
      expect(stalled[0]?.forMs).toBeGreaterThanOrEqual(STALL_MS);
      expect(notReady).toMatch(/"blocking" is stalled: thread 0 .*, with "test.blocks" at position \d+/);
    }
    const killed = failures.filter(({ message }) => message.includes(`"test.blocks" at position ${position}`));
    expect(killed.map(({ code }) => code)).toEqual(Array.from({ length: MAX_CRASHES }, () => 'CONSUMER_STALLED'));

    await until('its last thread runs', () => consumerOf(hub, 'blocking').state === 'running');
    const { restartsTotal, stallsTotal, stallsKilledTotal, ...consumer } = consumerOf(hub, 'blocking');
    expect(Math.min(restartsTotal, stallsTotal, stallsKilledTotal)).toBeGreaterThanOrEqual(MAX_CRASHES);
    expect(consumer).toMatchObject({
      stalled: [],
      settledTotal: { acknowledged: others.length, deadLettered: 1 },
      deadLetteredTotal: { crashes: 1 },
    });
    expect(hub.snapshot().notReady).toEqual([]);
    expect(new Set(readTexts(log))).toEqual(new Set(numbers(0, MESSAGES)));
    expect(readTexts(otherLog)).toEqual(numbers(0, MESSAGES));
    await hub.stop();
    expect(recount(dataDir).get('blocking')).toEqual({ enqueued: MESSAGES, settled: MESSAGES, backlog: 0 });
  });
});

describe('control: with killAfterMs: false', () => {
  it('the guilty message blocks without end, the neighbour gets all that comes, and the hub stops in time', async () => {
    const { hub, dataDir, otherLog, failures } = await make(false);
    await hub.start();
    await publish(hub, 'loop');
    await blocked(hub);
    await publishNumbers(hub, MESSAGES, 100);
    await until('the neighbour has got it all', () => consumerOf(hub, 'neighbour').backlog === 0);
    expect(consumerOf(hub, 'blocking')).toMatchObject({ state: 'stalled', inFlight: 1, stallsKilledTotal: 0 });
    expect(readTexts(otherLog)).toEqual(numbers(0, 100));
    expect(await fate(hub)).toBe('without end');
    expect(failures).toEqual([]);

    await hub.stop();
    expect(hub.stuck).toBe(false);
    // What was acknowledged in the turn that did not end may not have come to be written.
    const counted = recount(dataDir).get('blocking');
    expect(counted?.settled).toBeLessThanOrEqual(GUILTY);
    expect(counted?.backlog).toBe(100 - (counted?.settled ?? 0));
  });
});

describe('a thread that blocks for a while', () => {
  it('is told of, and told of again when it goes on; its message is acknowledged', async () => {
    const hold = new Int32Array(new SharedArrayBuffer(4));
    const { hub, stalls, recovered, failures } = await make(false, { hold });
    await hub.start();
    await publish(hub, 'held');
    await blocked(hub);
    expect(stalls.length).toBeGreaterThan(0);
    hold[0] = 1;
    Atomics.notify(hold, 0);
    await allSettled(hub);
    const [again] = await until('it goes on', () => recovered.length > 0 && recovered);
    expect(again).toMatchObject({ consumer: 'blocking', threadIndex: 0 });
    await until('nothing is stalled', () => consumerOf(hub, 'blocking').stalled.length === 0);
    expect(consumerOf(hub, 'blocking')).toMatchObject({
      state: 'running',
      settledTotal: { acknowledged: MESSAGES },
      stallsKilledTotal: 0,
    });
    expect(failures).toEqual([]);
  });
});

describe('a consumer that blocks in open()', () => {
  it('is ended and tried again, and delivers once it can be opened', async () => {
    const blocksInOpen = new Int32Array(new SharedArrayBuffer(4)).fill(2);
    const { hub, log, stalls, failures } = await make(KILL_AFTER_MS, { blocksInOpen });
    await hub.start();
    await publishNumbers(hub, 0, MESSAGES);
    await allSettled(hub);
    expect(readTexts(log)).toEqual(numbers(0, MESSAGES));
    const inOpen = stalls.filter(({ position }) => position === undefined);
    expect(inOpen.length).toBeGreaterThanOrEqual(2);
    expect(inOpen[0]).toMatchObject({ consumer: 'blocking', topic: undefined });
    expect(failures[0]).toMatchObject({ code: 'CONSUMER_STALLED' });
    expect(consumerOf(hub, 'blocking')).toMatchObject({ deadLetters: 0, settledTotal: { acknowledged: MESSAGES } });
  });
});
