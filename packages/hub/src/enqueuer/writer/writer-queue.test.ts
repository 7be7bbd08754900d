// When the consumer of a queue is woken: at once, or in a flood a little later, but always.
import { beforeEach, expect, it } from 'vitest';
import { MemoryFiles } from '../../files/memory-files.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { EnqueuedQueue, WAKE_WITHIN_MS } from './writer-queue.js';

const MANY = 100;

let queue: EnqueuedQueue;
let position: number;
beforeEach(() => {
  const files = new MemoryFiles();
  files.makeDirectory('/queue');
  const { buffer, shape } = newQueue({ threads: 1 });
  queue = new EnqueuedQueue(files, {
    number: 1,
    name: 'q',
    directory: '/queue',
    shared: buffer,
    shape,
    orderKey: undefined,
  });
  queue.begin({ enqueued: 0, enqueuedBytes: 0 });
  position = 0;
});

function commit(entries: number): void {
  for (let added = 0; added < entries; added++, position += 50) queue.add(0, position, 50, 0);
  queue.commit();
}

/** Whether the consumer was woken, and whether all is said that it was to be woken for. */
function wake(nowMs: number, flood: boolean): { woken: boolean; all: boolean } {
  const before = Atomics.load(queue.shared.wake, 0);
  const all = queue.wake(nowMs, flood);
  return { woken: Atomics.load(queue.shared.wake, 0) !== before, all };
}

it('is at once when there is no flood, once for each commit', () => {
  for (const nowMs of [1_000, 1_001, 1_001]) {
    commit(1);
    expect(wake(nowMs, false)).toEqual({ woken: true, all: true });
    expect(wake(nowMs, false)).toEqual({ woken: false, all: true });
  }
});

it('is at once in a flood when it has not been for long, or is for many entries', () => {
  commit(1);
  expect(wake(1_000, true)).toEqual({ woken: true, all: true });
  commit(MANY);
  expect(wake(1_001, true)).toEqual({ woken: true, all: true });
});

it('is put off in a flood for a few entries, at most until it has been long enough, or the flood is over', () => {
  commit(1);
  wake(1_000, true);
  commit(2);
  expect(wake(1_001, true)).toEqual({ woken: false, all: false });
  expect(wake(1_000 + WAKE_WITHIN_MS, true)).toEqual({ woken: true, all: true });
  commit(2);
  expect(wake(1_001 + WAKE_WITHIN_MS, true)).toEqual({ woken: false, all: false });
  expect(wake(1_002 + WAKE_WITHIN_MS, false)).toEqual({ woken: true, all: true });
});

it('is for what is committed, so that a wake before a commit takes nothing from the one after it', () => {
  commit(1);
  wake(1_000, false);
  queue.add(0, position, 50, 0);
  expect(wake(1_001, false)).toEqual({ woken: false, all: true });
  queue.commit();
  expect(wake(1_002, false)).toEqual({ woken: true, all: true });
});
