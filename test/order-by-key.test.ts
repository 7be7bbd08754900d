// `order: 'key'` on the built hub, with real threads: what has one key comes in order and one at a time, whatever fails,
// ends or changes; the keys go beside each other, and nothing is lost.
import { join } from 'node:path';
import type { Hub, HubConfig } from '@penstock/hub';
import { QueueAccess } from '@penstock/hub/control';
import { describe, expect, it } from 'vitest';
import { readNotes } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const KEYS = 12;

interface KeyedNote {
  readonly event: 'begin' | 'failed' | 'end';
  readonly number: number;
  readonly key?: string;
  readonly threadIndex: number;
}

/** Publishes numbers with keys that go round, each tenth without one; what is to be done with each is up to `does`. */
async function publishKeyed(hub: Hub, from: number, to: number, does = (_number: number): string => ''): Promise<void> {
  const publishes = Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    const key = number % 10 === 9 ? {} : { key: `key-${number % KEYS}` };
    return hub.publish('test.number', String(number), { ...key, do: does(number) });
  });
  await Promise.all(publishes);
}

/** By key, what was noted of its messages, in the order of the notes. */
function byKey(notes: readonly KeyedNote[]): Map<string, KeyedNote[]> {
  const keys = new Map<string, KeyedNote[]>();
  for (const note of notes) {
    if (note.key === undefined) continue;
    const ofKey = keys.get(note.key) ?? [];
    keys.set(note.key, ofKey);
    ofKey.push(note);
  }
  return keys;
}

/** Checks that of each key, one message is settled after the other, and none begins while one is under way. */
function checkOrder(notes: readonly KeyedNote[]): void {
  for (const [key, ofKey] of byKey(notes)) {
    const ended = ofKey.filter(({ event }) => event === 'end').map(({ number }) => number);
    expect(ended, key).toEqual([...new Set(ended)].sort((a, b) => a - b));
    let open: number | undefined;
    for (const { event, number } of ofKey) {
      // A message whose thread has ended comes again, first of all.
      if (event === 'begin') expect(open ?? number, `${key}: what is under way when ${number} begins`).toBe(number);
      open = event === 'end' ? undefined : number;
    }
  }
}

const endedIn = (notes: readonly KeyedNote[]): number[] =>
  notes.filter(({ event }) => event === 'end').map(({ number }) => number);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function places(): { dataDir: string; log: string } {
  const dataDir = tempDir();
  return { dataDir, log: join(dataDir, 'log') };
}

const module = fixture('keyed');
const ordered = { module, order: 'key', orderKey: { header: 'key' } } as const;

describe('messages of one key', () => {
  it('come in order and one at a time, in one thread, while others go beside them and some fail', async () => {
    const { dataDir, log } = places();
    const consumers: HubConfig['consumers'] = { a: { ...ordered, threads: 3, concurrency: 4, options: { log } } };
    const hub = await startHub({ dataDir, consumers });
    const fails = (number: number) => (number % 17 === 0 ? 'fail' : '');
    await publishKeyed(hub, 0, 1_000, fails);
    await allSettled(hub);
    const notes = readNotes<KeyedNote>(log);
    checkOrder(notes);
    expect(endedIn(notes).sort((a, b) => a - b)).toEqual(upTo(1_000));
    expect(notes.filter(({ event }) => event === 'failed').length).toBe(59);
    for (const ofKey of byKey(notes).values())
      expect(new Set(ofKey.map(({ threadIndex }) => threadIndex)).size).toBe(1);
    expect(new Set(notes.map(({ threadIndex }) => threadIndex)).size).toBe(3);
  });

  it('keep their order when their thread ends again and again', async () => {
    const { dataDir, log } = places();
    const crashes = new Int32Array(new SharedArrayBuffer(4)).fill(4);
    const options = { log, crashes };
    const hub = await startHub({ dataDir, consumers: { a: { ...ordered, threads: 2, concurrency: 4, options } } });
    await publishKeyed(hub, 0, 400, (number) => (number % 40 === 13 ? 'exit' : ''));
    await allSettled(hub);
    const notes = readNotes<KeyedNote>(log);
    expect(consumerOf(hub, 'a').restartsTotal).toBe(4);
    expect([...new Set(endedIn(notes))].sort((a, b) => a - b)).toEqual(upTo(400));
    for (const [key, ofKey] of byKey(notes)) {
      // What a thread had settled in the turn in which it ended may come again, with all that follows of its key.
      const first = ofKey.filter(({ event }) => event === 'begin').map(({ number }) => number);
      const firstSeen = [...new Set(first)];
      expect(firstSeen, key).toEqual(firstSeen.toSorted((a, b) => a - b));
    }
  });

  it('that are held up are what is shown as waiting, and not what another thread has settled behind them', async () => {
    const { dataDir, log } = places();
    const gate = new Gate();
    const options = { log, gate: gate.memory, gatedKey: 'key-0' };
    const hub = await startHub({ dataDir, drainTimeoutMs: 50, consumers: { a: { ...ordered, threads: 2, options } } });
    await publishKeyed(hub, 0, 600);
    await until('the thread of that key waits, and the other has settled all', () => {
      const begun = readNotes<KeyedNote>(log);
      const ended = endedIn(begun).length;
      return begun.length === 2 * ended + 1 && consumerOf(hub, 'a').backlog === 600 - ended && ended > 150;
    });
    const ended = new Set(endedIn(readNotes<KeyedNote>(log)));
    const { messages } = await new QueueAccess(dataDir, ['a']).describe('a', 600);
    const waiting = messages.map((message) =>
      'preview' in message ? Number(Buffer.from(message.preview).toString()) : NaN,
    );
    expect(waiting).toEqual(upTo(600).filter((number) => !ended.has(number)));
    gate.open();
    await allSettled(hub);
  });

  it('keep it through starts with another number of threads, another key, or an order where there was none', async () => {
    const { dataDir, log } = places();
    const gate = new Gate();
    const runs = [
      { module, order: 'none' },
      { ...ordered, threads: 3 },
      { ...ordered, threads: 2, concurrency: 4 },
      { ...ordered, threads: 2, orderKey: { topicToken: -1 } },
      { ...ordered, threads: 4, concurrency: 2 },
    ] as const;
    for (const [round, settings] of runs.entries()) {
      gate.close();
      const options = { log: `${log}.${round}`, gate: gate.memory };
      const hub = await startHub({ dataDir, drainTimeoutMs: 50, consumers: { a: { ...settings, options } } });
      await publishKeyed(hub, round * 200, round * 200 + 200);
      // With the last token of the topic as key, all are of one key: one at a time.
      gate.allow(120);
      await until('120 more are settled', () => consumerOf(hub, 'a').backlog === (round + 1) * 80);
      await hub.stop();
    }
    gate.open();
    const last = await startHub({
      dataDir,
      consumers: { a: { ...ordered, threads: 3, options: { log: `${log}.5` } } },
    });
    await allSettled(last);
    const rounds = [0, 1, 2, 3, 4, 5].map((round) => readNotes<KeyedNote>(`${log}.${round}`));
    for (const notes of rounds.slice(1)) checkOrder(notes);
    expect(rounds.flatMap(endedIn).sort((a, b) => a - b)).toEqual(upTo(1_000));
  });
});
