// What comes in from outside is taken, held or refused, by what of the hub is full.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BATCH_BYTES } from '../enqueuer/batch.js';
import { Enqueuer } from '../enqueuer/enqueuer.js';
import type { JournalThread } from '../enqueuer/journal-thread.js';
import { Router } from '../enqueuer/router.js';
import { PenstockError } from '../errors.js';
import { newQueue } from '../queue/queue-shape.fixture.js';
import { BacklogBound } from './backlog-bound.js';
import { Fed, Intake } from './intake.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Queue 1 takes `a.>` and `both`, and is full with two; queue 2 takes `b.>` and `both`, and has no bound. */
function intakeOf({ maxUncommittedBytes = 1e6 } = {}) {
  const journal = {
    buffer: (bytes: number) => new ArrayBuffer(Math.max(bytes, BATCH_BYTES)),
    submit() {},
  } as unknown as JournalThread;
  const router = new Router([
    { number: 1, patterns: ['a.>', 'both'] },
    { number: 2, patterns: ['b.>', 'both'] },
  ]);
  const limits = { maxUncommittedBytes, maxMessageBytes: 10_000, segmentBytes: 1e6 };
  const enqueuer = new Enqueuer(journal, router, limits, 0);
  const queue = newQueue({ threads: 1 });
  const bounds = new Map([[1, new BacklogBound('slow', queue, { messages: 2 })]]);
  const disk: { refusal: PenstockError | undefined } = { refusal: undefined };
  const lines: string[] = [];
  const line = (text: string) => void lines.push(text);
  const log = { debug: line, info: line, warn: line, error: line };
  const intake = new Intake({ enqueuer, router, bounds, disk, maxUncommittedBytes, log });
  /** Settles so many of those that were taken. */
  const settle = (count: number) => queue.threads[0]?.settled.set(count);
  return { intake, enqueuer, disk, lines, settle };
}

const diskFull = () => new PenstockError('DISK_LIMIT', 'full');

describe('publishing', () => {
  it('into a full queue is refused with its consumer’s name, and elsewhere it is not', () => {
    const { intake, settle } = intakeOf();
    intake.publish('a.x', '', undefined);
    intake.publish('both', '', undefined);
    for (const topic of ['a.x', 'both']) {
      expect(() => intake.publish(topic, '', undefined)).toThrow(
        expect.objectContaining({ code: 'QUEUE_FULL', message: expect.stringContaining('"slow"') }),
      );
    }
    expect(intake.publish('b.x', '', undefined)).toBeGreaterThan(0);
    expect(intake.publish('nobody', '', undefined)).toBeGreaterThan(0);
    settle(1);
    expect(intake.publish('a.x', '', undefined)).toBeGreaterThan(0);
  });

  it('is refused while the disk is full, and while too much is uncommitted', () => {
    const { intake, disk } = intakeOf({ maxUncommittedBytes: 200 });
    disk.refusal = diskFull();
    expect(() => intake.publish('b.x', '', undefined)).toThrow(disk.refusal);
    disk.refusal = undefined;
    intake.publish('b.x', 'x'.repeat(200), undefined);
    expect(() => intake.publish('b.x', '', undefined)).toThrow(expect.objectContaining({ code: 'UNCOMMITTED_LIMIT' }));
  });

  it('to what is no topic is refused as such, whatever is full', () => {
    const { intake } = intakeOf();
    expect(() => intake.publish('a..x', '', undefined)).toThrow(expect.objectContaining({ code: 'TOPIC_INVALID' }));
  });
});

describe('a source', () => {
  it('is held by a full queue that it has fed, and by no other', async () => {
    const { intake, settle, lines } = intakeOf();
    const [feeds, other] = [new Fed(), new Fed()];
    intake.accept('a.x', '', undefined, feeds);
    intake.accept('b.x', '', undefined, other);
    expect(intake.holds(feeds)).toBe(false);
    intake.publish('both', '', undefined);
    expect([intake.holds(feeds), intake.holds(other)]).toEqual([true, false]);
    expect([intake.heldBy(feeds), intake.heldBy(other)]).toEqual([['slow'], []]);
    expect(lines).toEqual([expect.stringContaining('the queue of consumer "slow" is full (2 messages)')]);
    await intake.room(other);

    const room = vi.fn();
    const waiting = intake.room(feeds).then(room);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(room).not.toHaveBeenCalled();
    settle(1);
    await vi.advanceTimersByTimeAsync(50);
    await waiting;
    expect(intake.holds(feeds)).toBe(false);
    // It looks no longer than somebody waits.
    await vi.advanceTimersByTimeAsync(20_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(lines.at(-1)).toContain('has room');
  });

  it('is held while the disk is full, whatever it feeds', async () => {
    const { intake, disk } = intakeOf();
    const fed = new Fed();
    disk.refusal = diskFull();
    expect(intake.holds(fed)).toBe(true);
    const waiting = intake.room(fed);
    disk.refusal = undefined;
    await vi.advanceTimersByTimeAsync(50);
    await waiting;
  });

  it('has what it brings nevertheless taken, since nobody else has it', () => {
    const { intake, enqueuer } = intakeOf();
    const fed = new Fed();
    for (let count = 0; count < 5; count++) intake.accept('a.x', '', undefined, fed);
    expect(enqueuer.nextPosition).toBeGreaterThan(0);
    expect(intake.holds(fed)).toBe(true);
  });

  it('that answers is refused instead of held', () => {
    const { intake, disk } = intakeOf();
    intake.offer('a.x', '', undefined);
    intake.offer('a.x', '', undefined);
    expect(() => intake.offer('a.x', '', undefined)).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }));
    intake.offer('b.x', '', undefined);
    disk.refusal = diskFull();
    expect(() => intake.offer('b.x', '', undefined)).toThrow(disk.refusal);
  });

  it('waits no longer when nothing is taken any more', async () => {
    const { intake, disk } = intakeOf();
    disk.refusal = diskFull();
    const waiting = intake.room(new Fed());
    intake.end();
    await waiting;
    expect(intake.holds(new Fed())).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
