// Consumers whose threads end in all the ways that a thread can end by itself: nothing is lost, the message that is guilty is
// found out and kept as a dead letter, those in flight beside it are delivered, and the neighbour notices nothing.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hub, HubEvents } from '@penstock/hub';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readNotes, readTexts } from '../support/deliveries.js';
import { recount } from '../support/naive-recount.js';
import { tempDir } from '../support/temp-dir.js';
import { allSettled, consumerOf, fixture, numbers, publishNumbers, startHub } from '../support/test-hub.js';
import { until } from '../support/until.js';

const MESSAGES = 40;
const GUILTY = 20;
const MAX_CRASHES = 3;

type Failure = Parameters<HubEvents['consumer:failed']>[0];

/** A run of a hub with a consumer that crashes, and its neighbour. */
interface Run {
  readonly hub: Hub;
  readonly dataDir: string;
  /** What the hub told of each end of a thread. */
  readonly failures: Failure['error'][];
  /** Texts of the deliveries that began, and of those that ended, in order. */
  begun(): string[];
  ended(): string[];
  neighbour(): (string | undefined)[];
}

interface Note {
  readonly event: 'begin' | 'end';
  readonly text: string;
}

/** A hub with 40 messages, one of which ends its thread each time in the way that `crash` names. */
async function run(crash: string, maxCrashes: number, where: 'on disk' | 'ephemeral' = 'on disk'): Promise<Run> {
  const dataDir = tempDir();
  const [log, otherLog] = [join(dataDir, 'log'), join(dataDir, 'other')];
  const hub = await startHub({
    ...(where === 'on disk' ? { dataDir } : { ephemeral: true }),
    maxThreadMemoryMb: 32,
    consumers: {
      crashing: { module: fixture('crash-kinds'), concurrency: 16, maxCrashes, options: { log } },
      neighbour: { module: fixture('record'), options: { log: otherLog } },
    },
  });
  const failures: Failure['error'][] = [];
  hub.on('consumer:failed', ({ error }) => failures.push(error));
  const texts = (event: Note['event']) =>
    readNotes<Note>(log).flatMap((note) => (note.event === event ? note.text : []));
  await publishNumbers(hub, 0, GUILTY);
  await hub.publish('test.number', String(GUILTY), { crash });
  await publishNumbers(hub, GUILTY + 1, MESSAGES);
  return {
    hub,
    dataDir,
    failures,
    begun: () => texts('begin'),
    ended: () => texts('end'),
    neighbour: () => readTexts(otherLog),
  };
}

const isGuilty = (text: string) => text === String(GUILTY);

/** What is found of the guilty message: that it is over, or that it ends its thread more often than anything is to. */
function fate({ hub, begun }: Run): Promise<'over' | 'without end'> {
  return until('it is over, or goes on for too long', () => {
    if (begun().filter(isGuilty).length > MAX_CRASHES) return 'without end';
    return consumerOf(hub, 'crashing').backlog === 0 && 'over';
  });
}

describe.each([
  { crash: 'throw', what: 'throws in a timer', says: /thrown later/ },
  { crash: 'exit-0', what: 'calls process.exit(0)', says: /exit.*0/ },
  { crash: 'exit-1', what: 'calls process.exit(1)', says: /exit.*1/ },
  { crash: 'reject', what: 'leaves a rejection unhandled', says: /never handled/ },
  { crash: 'null', what: 'throws null in a timer', says: /thrown: null/ },
  { crash: 'proxy', what: 'throws a Proxy whose traps throw', says: /its thread ended/ },
  { crash: 'hostile', what: 'throws an error that cannot be looked at', says: /its thread ended/ },
  { crash: 'memory', what: 'runs out of memory', says: /memory/i },
])('a message whose delivery $what', ({ crash, says }) => {
  it('is a dead letter after maxCrashes; all beside it are acknowledged, and the neighbour gets its own', async () => {
    const outcome = await run(crash, MAX_CRASHES);
    const { hub, dataDir, failures, begun, ended, neighbour } = outcome;
    expect(await fate(outcome)).toBe('over');
    await allSettled(hub);

    expect(begun().filter(isGuilty)).toHaveLength(MAX_CRASHES);
    const others = numbers(0, MESSAGES).filter((text) => !isGuilty(text));
    expect([...new Set(ended())].toSorted()).toEqual(others.toSorted());
    await until('its last thread runs', () => consumerOf(hub, 'crashing').state === 'running');
    expect(consumerOf(hub, 'crashing')).toMatchObject({
      restartsTotal: MAX_CRASHES,
      deadLetters: 1,
      settledTotal: { acknowledged: others.length, dropped: 0, damaged: 0, deadLettered: 1 },
      deadLetteredTotal: { crashes: 1, attempts: 0, consumer: 0 },
    });
    expect(failures.map(({ code }) => code)).toEqual(Array.from({ length: MAX_CRASHES }, () => 'CONSUMER_CRASHED'));
    for (const { message } of failures) expect(message).toMatch(says);

    expect(neighbour()).toEqual(numbers(0, MESSAGES));
    expect(consumerOf(hub, 'neighbour')).toMatchObject({ restartsTotal: 0, deadLetters: 0 });
    await hub.stop();
    expect(recount(dataDir).get('crashing')).toEqual({ enqueued: MESSAGES, settled: MESSAGES, backlog: 0 });
  });
});

describe('in an ephemeral hub', () => {
  it('a message that ends its thread loses no other one either', async () => {
    const outcome = await run('exit-1', MAX_CRASHES, 'ephemeral');
    expect(await fate(outcome)).toBe('over');
    const { hub, neighbour } = outcome;
    await allSettled(hub);
    expect(hub.snapshot().durable).toBe(false);
    expect(consumerOf(hub, 'crashing')).toMatchObject({
      settledTotal: { acknowledged: MESSAGES - 1, dropped: 0, damaged: 0, deadLettered: 1 },
      deadLetteredTotal: { crashes: 1 },
    });
    expect(neighbour()).toEqual(numbers(0, MESSAGES));
  });
});

describe('control: without a bound that counts', () => {
  it('the guilty message is delivered without end', async () => {
    expect(await fate(await run('exit-1', 255))).toBe('without end');
  });
});

describe('a consumer whose module cannot be loaded any more when its thread ends', () => {
  it('keeps its queue, is shown as failed and tried again, and goes on where it was once it can be', async () => {
    const dataDir = tempDir();
    const [log, broken] = [join(dataDir, 'log'), join(dataDir, 'broken')];
    process.env.BROKEN = broken;
    onTestFinished(() => {
      delete process.env.BROKEN;
    });
    const consumers = { broken: { module: fixture('broken-at-times'), maxCrashes: 255, options: { log } } };
    const hub = await startHub({ dataDir, consumers });
    const codes: (string | undefined)[] = [];
    hub.on('consumer:failed', ({ error }) => codes.push(error.code));
    writeFileSync(broken, '');
    await hub.publish('test.a', 'exit');
    await publishNumbers(hub, 0, 10);
    await until('it was tried twice', () => codes.length >= 3);
    expect(codes.slice(0, 3)).toEqual(['CONSUMER_CRASHED', 'CONSUMER_LOAD_FAILED', 'CONSUMER_LOAD_FAILED']);
    expect(consumerOf(hub, 'broken')).toMatchObject({ state: 'failed', backlog: 11, inFlight: 0 });
    expect(consumerOf(hub, 'broken').problem).toContain('the module is broken');
    rmSync(broken);
    await allSettled(hub);
    expect(readTexts(log)).toEqual(['exit', 'exit', ...numbers(0, 10)]);
  });
});
