// The bound of a queue whose sources are held: exact with what is not committed yet, and without flapping.
import { expect, it } from 'vitest';
import { newQueue } from '../queue/queue-shape.fixture.js';
import { BacklogBound } from './backlog-bound.js';

function bounded(maxBacklog: { messages?: number; bytes?: number }) {
  const queue = newQueue({ threads: 1 });
  return { queue, bound: new BacklogBound('slow', queue, maxBacklog) };
}

/** What was taken is committed: the journal thread has counted it. */
function commit(queue: ReturnType<typeof newQueue>, messages: number, bytes: number): void {
  queue.enqueuedBytes.set(bytes);
  queue.enqueued.set(messages);
}

const settle = (queue: ReturnType<typeof newQueue>, messages: number, bytes: number): void => {
  queue.threads[0]?.settledBytes.set(bytes);
  queue.threads[0]?.settled.set(messages);
};

it('what is taken counts before it is committed, and not twice when it is', () => {
  const { queue, bound } = bounded({ messages: 3 });
  bound.take(10);
  bound.take(10);
  expect(bound.full).toBe(false);
  bound.take(10);
  expect(bound.full).toBe(true);
  commit(queue, 3, 30);
  expect(bound.full).toBe(true);
  settle(queue, 1, 10);
  expect(bound.full).toBe(false);
  bound.take(10);
  expect(bound.full).toBe(true);
});

it('what comes to the queue by other ways counts when it is committed', () => {
  const { queue, bound } = bounded({ messages: 5 });
  commit(queue, 4, 40);
  expect(bound.full).toBe(false);
  bound.take(10);
  expect(bound.full).toBe(true);
});

it('bytes are a bound of their own', () => {
  const { queue, bound } = bounded({ messages: 100, bytes: 1_000 });
  bound.take(999);
  expect(bound.full).toBe(false);
  bound.take(1);
  expect(bound.full).toBe(true);
  commit(queue, 2, 1_000);
  settle(queue, 1, 999);
  expect(bound.full).toBe(false);
});

it('sources are held from the bound on until the backlog is down to 95 % of it', () => {
  const { queue, bound } = bounded({ messages: 100 });
  commit(queue, 99, 990);
  expect(bound.holds).toBe(false);
  commit(queue, 100, 1_000);
  expect(bound.holds).toBe(true);
  settle(queue, 4, 40);
  expect([bound.full, bound.holds]).toEqual([false, true]);
  settle(queue, 5, 50);
  expect(bound.holds).toBe(false);
});

it.each([1, 2, 3, 19, 20])('a bound of %i lets sources go on before the queue is empty for ever', (messages) => {
  const { queue, bound } = bounded({ messages });
  commit(queue, messages, messages);
  expect(bound.holds).toBe(true);
  settle(queue, 1, 1);
  expect(bound.holds).toBe(false);
});

it('says what is full, and what its limit is', () => {
  expect(bounded({ messages: 1_000, bytes: 65_536 }).bound.refusal('a.b')).toMatchObject({
    code: 'QUEUE_FULL',
    retryable: true,
    message: expect.stringContaining(
      'consumer "slow", whose queue is full: its maxBacklog is 1,000 messages or 65,536 bytes',
    ),
  });
});
