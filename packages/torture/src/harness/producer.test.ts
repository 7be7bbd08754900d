import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { bodyOf, nameOf } from '../oracle/message.js';
import { Notes, readAccepted } from '../oracle/notes.js';
import { type LoadMessage, Producer, type Way } from './producer.js';

/** Takes as many messages of each request as it is told to, and in the end all. */
class FakeWay implements Way {
  readonly published: LoadMessage[] = [];
  closed = false;
  readonly #takes: number[];

  constructor(...takes: number[]) {
    this.#takes = takes;
  }

  async publish(messages: readonly LoadMessage[]): Promise<number> {
    this.published.push(...messages);
    return Math.min(this.#takes.shift() ?? messages.length, messages.length);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

function producing(way: Way) {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'accepted');
  const notes = new Notes(path);
  onTestFinished(() => notes.close());
  return { path, producer: new Producer({ name: 'a', way, notes, perSecond: 1_000, together: 5 }) };
}

it('what was not accepted is published again, in order, and noted only once it is', async () => {
  const way = new FakeWay(2, 0, 1);
  const { path, producer } = producing(way);
  producer.start();
  await producer.pause();
  const sequences = way.published.map(({ id }) => nameOf(id)?.sequence);
  expect(sequences.slice(0, 13)).toEqual([0, 1, 2, 3, 4, 2, 3, 4, 2, 3, 4, 3, 4]);
  expect(readAccepted(path).map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
  expect(producer.accepted).toBe(5);
  expect(way.published[0]?.body).toEqual(bodyOf({ producer: 'a', sequence: 0 }));
});

it('a stop gives up what has no answer, and closes its way', async () => {
  const way = new FakeWay(...Array<number>(1_000).fill(0));
  const { path, producer } = producing(way);
  producer.start();
  await producer.stop();
  expect(readAccepted(path)).toEqual([]);
  expect(way.closed).toBe(true);
});

it('what cannot be published at all shows when it is paused', async () => {
  const refusing: Way = { publish: () => Promise.reject(new Error('refused')), close: async () => {} };
  const { producer } = producing(refusing);
  producer.start();
  await expect(producer.pause()).rejects.toThrow('refused');
});
