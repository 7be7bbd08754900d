// The audit of a running queue, from memory: what threads count against what they hold.
import { expect, it } from 'vitest';
import { publishHeld } from '../queue/held.js';
import { QueueShared, ThreadShared } from '../queue/shared.js';
import { SettleKind, SettleReason } from '../settlement/settle-record.js';
import { auditLive } from './live-audit.js';

const SHAPE = { threads: 2, mostInFlight: 4, maxRetrying: 8, partitioned: false, overflow: true, rateTurns: 0 };

/** Of 100 entries, 40 were settled before the start, 20 are claimed, of which 10 are settled since. */
function exampleQueue(): QueueShared {
  const queue = new QueueShared(QueueShared.allocate(SHAPE), SHAPE);
  const [first, second] = queue.threads as [ThreadShared, ThreadShared];
  queue.enqueued.set(100);
  queue.beginAt(60);
  first.settled.set(7);
  first.numbers[ThreadShared.DEAD_ATTEMPTS] = 1;
  first.numbers[ThreadShared.DROPPED] = 2;
  publishHeld(first, [{ from: 50, to: 56 }]);
  Atomics.store(first.words, ThreadShared.IN_FLIGHT, 2);
  second.settled.set(1);
  publishHeld(second, [{ from: 56, to: 60 }]);
  Atomics.store(second.words, ThreadShared.RETRYING, 3);
  queue.overflow?.settled.set(2);
  (queue.overflow as ThreadShared).numbers[ThreadShared.DROPPED] = 2;
  return queue;
}

const talliesBefore = [{ outcome: SettleKind.ACKNOWLEDGED, reason: SettleReason.NONE, count: 40, bytes: 0 }];
const audit = (queue: QueueShared) => auditLive({ number: 1, name: 'a', queue, talliesBefore, settledFromCursor: [] });

it('adds up what was counted before, what is counted since, and what is held or not claimed', () => {
  expect(audit(exampleQueue())).toMatchObject({
    enqueued: 100,
    acknowledged: 45,
    deadLettered: { attempts: 1 },
    dropped: { consumer: 2, queueFull: 2 },
    waiting: 45,
    inFlight: 2,
    retrying: 3,
    difference: 0,
  });
});

it('tells of an entry that a thread has forgotten, and of one that was counted while it is held', () => {
  const forgotten = exampleQueue();
  publishHeld(forgotten.threads[0] as ThreadShared, [{ from: 51, to: 56 }]);
  expect(audit(forgotten).difference).toBe(1);
  const twice = exampleQueue();
  twice.threads[0]?.settled.set(8);
  expect(audit(twice).difference).toBe(-1);
});

it('what was settled before the start and lies behind the cursor is not held against it', () => {
  const queue = exampleQueue();
  const settledFromCursor = [{ from: 70, to: 75 }];
  const before = [{ ...talliesBefore[0], count: 45 } as (typeof talliesBefore)[0]];
  const { waiting, difference } = auditLive({ number: 1, name: 'a', queue, talliesBefore: before, settledFromCursor });
  expect({ waiting, difference }).toEqual({ waiting: 40, difference: 0 });
});
