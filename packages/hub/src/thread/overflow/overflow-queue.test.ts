// Taking the oldest out of a queue: exactly what is too much, never what is in flight, and a dead letter that cannot be
// written is tried again instead of lost.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadLetterWriter } from '../../dead-letters/dead-letter-file.js';
import { MemoryFiles } from '../../files/memory-files.js';
import { type ExampleMessage, writeExampleSegment } from '../../journal/segment.fixture.js';
import { IndexWriter } from '../../queue/index-file.js';
import { IndexReader } from '../../queue/index-reader.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { ThreadShared } from '../../queue/shared.js';
import { SettleLog } from '../../settlement/settle-log.js';
import { SettleKind, SettleReason } from '../../settlement/settle-record.js';
import { readSettledState } from '../../settlement/settled-state.js';
import { Claims } from '../worker/claims.js';
import { EntryReader } from '../worker/entry-reader.js';
import { Settlements } from '../worker/settlements.js';
import { OverflowQueue } from './overflow-queue.js';

const JOURNAL = '/journal';
const QUEUE = '/queues/1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Settings = Pick<ConstructorParameters<typeof OverflowQueue>[0], 'maxBacklog' | 'whenFull'>;

/** A queue of so many messages, of 1, 2, 3, … characters, of which a thread has claimed the first ones. */
function rig(count: number, settings: Settings, claimed = 0) {
  const files = new MemoryFiles();
  files.makeDirectory(JOURNAL);
  files.makeDirectory(`${QUEUE}/settled`);
  const messages: ExampleMessage[] = Array.from({ length: count }, (_, at) => ({
    topic: 'a.b',
    body: 'x'.repeat(at + 1),
  }));
  const header = { queueNumber: 1, firstPosition: 0, baseOrdinal: 0, baseBytes: 0 };
  const index = new IndexWriter(files, QUEUE, header);
  const { positions, lengths } = writeExampleSegment(files, JOURNAL, 0, messages);
  for (const [at, position] of positions.entries()) index.add(position, lengths[at] as number, 0);
  index.flush();
  const queue = newQueue({ threads: 1, overflow: true });
  queue.enqueuedBytes.set(lengths.reduce((sum, length) => sum + length, 0));
  queue.enqueued.set(count);
  if (claimed > 0) new Claims(queue, queue.threads[0] as ThreadShared, [], []).claim(claimed);
  const thread = queue.overflow as ThreadShared;
  const log = new SettleLog({ files, directory: `${QUEUE}/settled`, name: 'overflow-1.log', queueNumber: 1 });
  const deadLetters = new DeadLetterWriter({
    files,
    directory: QUEUE,
    writer: 'overflow',
    incarnation: 1,
    queueNumber: 1,
  });
  const claims = new Claims(queue, thread, [], []);
  const lines: string[] = [];
  const line = (text: string) => void lines.push(text);
  const overflow = new OverflowQueue({
    consumer: 'c',
    queue,
    ...settings,
    claims,
    settlements: new Settlements({ queue, thread, claims, log, deadLetters, retries: [] }),
    indexes: new IndexReader(files, QUEUE),
    records: new EntryReader(files, JOURNAL, QUEUE, 0),
    log: { info: line, warn: line, error: line },
  });
  const again = vi.fn();
  const takeAll = () => {
    while (overflow.takeSome(again));
  };
  const settled = () => [...readSettledState(files, `${QUEUE}/settled`, 1).settled];
  const tallies = () => readSettledState(files, `${QUEUE}/settled`, 1).tallies;
  return { files, queue, thread, overflow, lines, lengths, again, takeAll, settled, tallies };
}

describe('a queue that is over its bound', () => {
  it('loses its oldest, written down with their reason, until it is at it', () => {
    const { queue, takeAll, settled, tallies, thread, lines } = rig(1_000, {
      maxBacklog: { messages: 300 },
      whenFull: 'drop-oldest',
    });
    takeAll();
    expect(queue.backlog()).toBe(300);
    expect(settled()).toEqual([{ from: 0, to: 700 }]);
    expect(tallies()).toMatchObject([{ outcome: SettleKind.DROPPED, reason: SettleReason.QUEUE_FULL, count: 700 }]);
    expect(thread.numbers[ThreadShared.DROPPED]).toBe(700);
    expect(lines).toEqual([
      expect.stringMatching(/"c" is full \(300 messages\).*dropped, from position \d+ \("a\.b"\) on$/),
    ]);
    takeAll();
    expect(queue.backlog()).toBe(300);
  });

  it('in bytes loses no entry more than it has to', () => {
    const bytes = 5_000;
    const { queue, takeAll, lengths } = rig(200, { maxBacklog: { bytes }, whenFull: 'drop-oldest' });
    takeAll();
    expect(queue.backlogBytes()).toBeLessThanOrEqual(bytes);
    expect(queue.backlogBytes() + (lengths[200 - queue.backlog() - 1] as number)).toBeGreaterThan(bytes);
  });

  it('keeps what a thread of the consumer holds, however much that is', () => {
    const { queue, takeAll, settled } = rig(100, { maxBacklog: { messages: 10 }, whenFull: 'drop-oldest' }, 40);
    takeAll();
    expect(settled()).toEqual([{ from: 40, to: 100 }]);
    expect(queue.backlog()).toBe(40);
  });

  it('tells every ten seconds how many went, and when it is over', () => {
    const { queue, takeAll, lines, overflow } = rig(100, { maxBacklog: { messages: 90 }, whenFull: 'drop-oldest' });
    queue.enqueued.set(95);
    takeAll();
    queue.enqueued.set(100);
    takeAll();
    vi.advanceTimersByTime(20_000);
    expect(lines.slice(1)).toEqual([
      expect.stringContaining('5 more messages were dropped, from position'),
      expect.stringContaining('is not full any more: 10 messages were dropped'),
    ]);
    overflow.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('dead letters of a full queue', () => {
  const settings: Settings = { maxBacklog: { messages: 10 }, whenFull: 'dead-letter' };

  it('are kept before their entries settle', () => {
    const { queue, takeAll, tallies, thread, files } = rig(300, settings);
    takeAll();
    expect(queue.backlog()).toBe(10);
    expect(tallies()).toMatchObject([{ outcome: SettleKind.DEAD, reason: SettleReason.QUEUE_FULL, count: 290 }]);
    expect(thread.numbers[ThreadShared.DEAD]).toBe(290);
    expect(files.list(`${QUEUE}/dead`)).toHaveLength(1);
  });

  it('that cannot be written are still in the queue, and are tried again after a second', () => {
    const { queue, takeAll, files, again, lines, overflow } = rig(30, settings);
    files.hook = ({ kind, path }) =>
      kind === 'sync' && path.includes('/dead/') ? { error: new Error('no space') } : undefined;
    takeAll();
    expect(queue.backlog()).toBe(30);
    expect(lines).toContainEqual(expect.stringContaining('dead letters cannot be written: no space'));
    vi.advanceTimersByTime(999);
    expect(again).not.toHaveBeenCalled();
    files.hook = undefined;
    vi.advanceTimersByTime(1);
    expect(again).toHaveBeenCalledOnce();
    takeAll();
    expect(queue.backlog()).toBe(10);
    overflow.close();
  });
});
