// What becomes of the overflow thread's entries when it ends by itself: its next incarnation has them, and no other.
import { type EventEmitter, once } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import type { Interval } from '../queue/interval-set.js';
import { newQueue } from '../queue/queue-shape.fixture.js';
import { type QueueShared, ThreadShared } from '../queue/shared.js';
import { SettleLog } from '../settlement/settle-log.js';
import { SettleKind, SettleReason } from '../settlement/settle-record.js';
import type { OverflowData } from './overflow/protocol.js';
import { OverflowThread, type OverflowThreadOptions } from './overflow-thread.js';
import { Claims } from './worker/claims.js';

const SETTLED = '/queues/1/settled';

const { started } = vi.hoisted(() => {
  const started: { worker: EventEmitter; data: OverflowData }[] = [];
  return { started };
});

vi.mock('node:worker_threads', async (original) => {
  const { EventEmitter: Emitter } = await import('node:events');
  class Worker extends Emitter {
    constructor(_url: URL, { workerData }: { workerData: OverflowData }) {
      super();
      started.push({ worker: this, data: workerData });
    }
  }
  return { ...(await original<typeof import('node:worker_threads')>()), Worker };
});

beforeEach(() => void started.splice(0));
afterEach(() => void vi.restoreAllMocks());

/** Resolves when so many incarnations have been started. */
const incarnations = (count: number) => vi.waitFor(() => expect(started).toHaveLength(count), { timeout: 20_000 });

let files: MemoryFiles;
let queue: QueueShared;
let lines: string[];
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(SETTLED);
  queue = newQueue({ threads: 1, overflow: true });
  queue.enqueuedBytes.set(1_000);
  queue.enqueued.set(100);
  lines = [];
});

function newThread(left: OverflowThreadOptions['left']): OverflowThread {
  const line = (text: string) => void lines.push(text);
  return new OverflowThread({
    files,
    durable: true,
    journalDirectory: '/journal',
    freshFrom: 0,
    queues: [
      {
        consumer: 'c',
        queueNumber: 1,
        queueDirectory: '/queues/1',
        shared: queue.buffer,
        shape: queue.shape,
        maxBacklog: { messages: 10 },
        whenFull: 'drop-oldest',
        orderKey: undefined,
        keyedFrom: 0,
        incarnation: 2,
        alreadySettled: [],
        returned: [],
        retries: [],
      },
    ],
    log: { debug: line, info: line, warn: line, error: line },
    left,
  });
}

it('what an ended thread had claimed and not settled goes to the next one, and its counts are those of its log', async () => {
  const left: { consumer: string; entries: Interval[] }[] = [];
  const thread = newThread((consumer, entries) => void left.push({ consumer, entries: [...entries] }));
  await thread.start();
  await incarnations(1);

  // It has claimed twenty, and has written down that eight of them are dropped, without having come to count them.
  const holder = queue.overflow as ThreadShared;
  new Claims(queue, holder, [], []).claim(20);
  const log = new SettleLog({ files, directory: SETTLED, name: 'overflow-2.log', queueNumber: 1 });
  for (let ordinal = 0; ordinal < 8; ordinal++) log.add(SettleKind.DROPPED, ordinal, 10, SettleReason.QUEUE_FULL);
  log.flush();
  started[0]?.worker.emit('error', new Error('out of memory'));
  started[0]?.worker.emit('exit', 1);

  await incarnations(2);
  expect(started[1]?.data.queues).toMatchObject([{ incarnation: 3, returned: [{ from: 8, to: 20 }] }]);
  expect(left).toEqual([{ consumer: 'c', entries: [{ from: 8, to: 20 }] }]);
  expect([queue.settled(), holder.numbers[ThreadShared.DROPPED], holder.state]).toEqual([8, 8, 'stopped']);
  expect(lines).toEqual([expect.stringContaining('failed: out of memory; started again in')]);

  const second = started[1] as (typeof started)[number];
  const port = second.data.port as MessagePort;
  port.once('message', (message) => {
    expect(message).toBe('stop');
    second.worker.emit('exit', 0);
  });
  const exit = once(second.worker, 'exit');
  await thread.stop();
  await exit;
  port.close();
  expect(started).toHaveLength(2);
});

it('a stop while what it held is taken back does not wait for the next start', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    let stopped: Promise<void> | undefined;
    const thread = newThread(() => {
      stopped = thread.stop();
    });
    await thread.start();
    started[0]?.worker.emit('exit', 1);
    await vi.waitFor(() => expect(stopped).toBeDefined());
    await stopped;
    expect(started).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});
