// The consume loop of a thread that fails: it leaves everything as it stood, for the thread that takes its place.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MemoryFiles } from '../../files/memory-files.js';
import { viewOf } from '../../journal/record.js';
import { exampleRecord } from '../../journal/segment.fixture.js';
import { readHeld } from '../../queue/held.js';
import { QueueShared, type ThreadShared } from '../../queue/shared.js';
import { SettleLog } from '../../settlement/settle-log.js';
import { Claims } from './claims.js';
import { ConsumeLoop } from './consume-loop.js';
import { ThreadContext } from './delivery-context.js';
import type { EntryReader } from './entry-reader.js';
import { Settlements } from './settlements.js';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Entries of which the first can be read, and the second ends the loop. */
function oneEntry(): EntryReader {
  const bytes = exampleRecord(0, { body: 'first' });
  const slab = { bytes, view: viewOf(bytes), start: 0, end: bytes.byteLength, entries: 1, fresh: true };
  const read = (ordinal: number): undefined => {
    if (ordinal > 0) throw new Error('the disk is gone');
  };
  return { read, slab, at: 0, length: bytes.byteLength, position: 0 } as unknown as EntryReader;
}

it('a loop that is abandoned after a failure writes, counts and lets go of nothing that ends later', async () => {
  const files = new MemoryFiles();
  files.makeDirectory('/settled');
  const queue = new QueueShared(QueueShared.allocate(1, 2), 1, 2);
  queue.enqueued.set(2);
  const thread = queue.threads[0] as ThreadShared;
  const log = new SettleLog({ files, directory: '/settled', name: 't0-1.log', queueNumber: 1 });
  const task = { consumer: 'a', threadIndex: 0, options: undefined };
  let end = (): void => {};
  const claims = new Claims(queue, thread, [], []);
  const loop = new ConsumeLoop({
    hubId: 'hub',
    concurrency: 2,
    consumer: { consume: () => new Promise<void>((resolve) => (end = resolve)) },
    context: new ThreadContext(task, silent, undefined as never),
    queue,
    thread,
    claims,
    entries: oneEntry(),
    settlements: new Settlements({ queue, thread, claims, log }),
  });
  await expect(loop.run()).rejects.toThrow('the disk is gone');
  loop.abandon();
  const held = readHeld(thread);
  end();
  await turn();
  await turn();
  expect([log.settled, thread.settled.get(), readHeld(thread)]).toEqual([0, 0, held]);
});
