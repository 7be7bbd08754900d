// What a thread publishes goes to the main thread in few messages, none of which waits for more that does not come.
import { setImmediate as turn } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { FromThread } from '../protocol.js';
import { Outbox } from './outbox.js';

type Publish = Extract<FromThread, { type: 'publish' }>;

afterEach(() => vi.restoreAllMocks());

function make() {
  const sent: Publish[] = [];
  const port = {
    postMessage: (message: Publish, transfer: ArrayBuffer[]) => sent.push(structuredClone(message, { transfer })),
  } as unknown as MessagePort;
  const outbox = new Outbox(port, 1 << 20);
  const publish = (body = 'x') => outbox.publish('a.b', body, { key: 'value' }, 'id');
  const commit = (index: number) => {
    const { batch, records } = sent[index] as Publish;
    outbox.receive({ type: 'published', batch, memory: records.buffer });
  };
  return { outbox, publish, commit, sent };
}

/** Lets the outbox see that a turn has brought nothing more. */
async function quietTurns(): Promise<void> {
  await turn();
  await turn();
  await turn();
}

describe('what is published', () => {
  test('is sent when a turn of the event loop brings nothing more', async () => {
    const { publish, sent } = make();
    void publish();
    await quietTurns();
    expect(sent).toHaveLength(1);
  });

  test('is gathered over turns that bring more, until the time for it is over', async () => {
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const { publish, sent } = make();
    for (let ms = 0; sent.length === 0; ms++) {
      nowMs = ms;
      void publish();
      await turn();
    }
    expect(nowMs).toBe(10);
  });

  test('is sent at once when it is much', () => {
    const { publish, sent } = make();
    for (let count = 0; count < 5; count++) void publish('x'.repeat(30_000));
    expect(sent).toHaveLength(1);
  });

  test('is one promise for a batch, which resolves when that is committed', async () => {
    const { outbox, publish, commit, sent } = make();
    const [first, second] = [publish(), publish()];
    expect(second).toBe(first);
    outbox.send();
    const later = publish();
    outbox.send();
    const resolved: string[] = [];
    void first.then(() => resolved.push('first'));
    void later.then(() => resolved.push('later'));
    commit(0);
    await turn();
    expect([sent.length, resolved]).toEqual([2, ['first']]);
  });

  test('is written into memory that came back', () => {
    const { outbox, publish, commit, sent } = make();
    void publish('one');
    outbox.send();
    const [{ records }] = sent as [Publish];
    const before = Buffer.from(records);
    const { buffer } = records;
    commit(0);
    void publish('two');
    outbox.send();
    expect(buffer.byteLength).toBe(0);
    expect(Buffer.from((sent[1] as Publish).records).equals(before)).toBe(false);
    expect((sent[1] as Publish).records.length).toBe(before.length);
  });
});
