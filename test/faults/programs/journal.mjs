// The parts of the journal thread on a real disk, without the thread, the hub and their start: one message, one commit, at
// moments that whoever uses it decides; opened as a hub's start opens them, on whatever an earlier run has left.
import { Enqueuer } from '../../../packages/hub/dist/enqueuer/enqueuer.js';
import { Router } from '../../../packages/hub/dist/enqueuer/router.js';
import { JournalWriter } from '../../../packages/hub/dist/enqueuer/writer/journal-writer.js';
import { Reaper } from '../../../packages/hub/dist/enqueuer/writer/reaper.js';
import { openJournal } from '../../../packages/hub/dist/enqueuer/writer/recovery.js';
import { RetainedSegments } from '../../../packages/hub/dist/enqueuer/writer/retained-segments.js';
import { SpareSegments } from '../../../packages/hub/dist/enqueuer/writer/spare-segments.js';
import { EnqueuedQueue } from '../../../packages/hub/dist/enqueuer/writer/writer-queue.js';
import { NodeFiles } from '../../../packages/hub/dist/files/node-files.js';
import { restoreQueue } from '../../../packages/hub/dist/queue/queue-state.js';
import { QueueRegistry } from '../../../packages/hub/dist/queue/registry.js';
import { NO_THREADS, QueueShared } from '../../../packages/hub/dist/queue/shared.js';
import { SettleLog } from '../../../packages/hub/dist/settlement/settle-log.js';
import { SettleKind } from '../../../packages/hub/dist/settlement/settle-record.js';
import { mergeLogs, readSettledState, settleLogName } from '../../../packages/hub/dist/settlement/settled-state.js';
import { DeliveredMessage } from '../../../packages/hub/dist/thread/worker/delivered-message.js';
import { EntryReader } from '../../../packages/hub/dist/thread/worker/entry-reader.js';

/** Three messages or four fill one: segments begin, end, go and are written over all the time. */
const SEGMENT_BYTES = 512;
const LIMITS = { maxUncommittedBytes: 1e9, maxMessageBytes: 1e6, segmentBytes: SEGMENT_BYTES };

const CONSUMERS = [
  { name: 'all', patterns: ['number.>'] },
  { name: 'even', patterns: ['number.even'] },
];

/** One queue: what is in it, and what of that is settled. */
class StoredQueue {
  constructor(files, journal, record) {
    this.files = files;
    this.journal = journal;
    this.record = record;
    this.shape = { ...NO_THREADS, threads: 1 };
    this.shared = new QueueShared(QueueShared.allocate(this.shape), this.shape);
  }

  get forWriter() {
    const { number, name, directory } = this.record;
    return { number, name, directory, shared: this.shared.buffer, shape: this.shape, orderKey: undefined };
  }

  /** The number of the message that an entry is. */
  numberAt(ordinal) {
    return this.record.name === 'all' ? ordinal + 1 : 2 * (ordinal + 1);
  }

  get patterns() {
    return CONSUMERS.find(({ name }) => name === this.record.name).patterns;
  }

  /** As a start does, and as the thread that it starts. */
  restore() {
    const { number, directory } = this.record;
    const settled = `${directory}/settled`;
    const state = readSettledState(this.files, settled, number);
    restoreQueue(this.files, directory, this.shared, state.settled);
    mergeLogs(this.files, settled, number, state);
    const name = settleLogName(0, state.nextIncarnation + 1);
    this.log = new SettleLog({ files: this.files, directory: settled, name, queueNumber: number });
  }

  /** The bodies of the entries that wait, oldest first. */
  waiting() {
    const reader = new EntryReader(this.files, this.journal, this.record.directory, Number.POSITIVE_INFINITY);
    const bodies = [];
    for (let ordinal = this.shared.cursor.get(); ordinal < this.shared.enqueued.get(); ordinal++) {
      const problem = reader.read(ordinal, 1);
      if (problem !== undefined) throw new Error(`entry ${ordinal} of ${this.record.name}: ${problem}`);
      bodies.push(new DeliveredMessage('hub', reader.slab.bytes, reader.slab.view, reader.at, 1).text());
    }
    reader.close();
    return bodies;
  }

  /** Settles the oldest that wait, until so many are left. */
  settle(left) {
    const to = this.shared.enqueued.get() - left;
    for (let ordinal = this.shared.cursor.get(); ordinal < to; ordinal++) {
      this.log.add(SettleKind.ACKNOWLEDGED, ordinal, 1);
    }
    this.log.flush();
    this.log.sync();
    if (to > this.shared.cursor.get()) this.shared.beginAt(to);
  }
}

export class Journal {
  #batches = [];

  constructor(data) {
    const files = new NodeFiles({ durable: true });
    const directory = `${data}/journal`;
    const registry = new QueueRegistry(files, data);
    const { queues } = registry.open(
      CONSUMERS.map(({ name, patterns }) => ({ name, topics: patterns, startFrom: 'new' })),
      1,
    );
    files.makeDirectory(directory);
    this.queues = queues.map((record) => new StoredQueue(files, directory, record));
    const enqueued = new Map(
      this.queues.map(({ forWriter }) => [forWriter.number, new EnqueuedQueue(files, forWriter)]),
    );
    const { nextPosition } = openJournal(files, directory, enqueued, false);
    const spares = new SpareSegments(files, directory);
    this.writer = new JournalWriter(files, directory, enqueued, spares, nextPosition);
    this.writer.beginSegment();
    const retained = new RetainedSegments(files, directory, {});
    this.reaper = new Reaper(files, directory, [...enqueued.values()], spares, retained, nextPosition);
    for (const queue of this.queues) queue.restore();
    const routes = this.queues.map(({ record, patterns }) => ({ number: record.number, patterns }));
    const thread = { buffer: (bytes) => new ArrayBuffer(bytes), submit: (batch) => this.#batches.push(batch) };
    this.enqueuer = new Enqueuer(thread, new Router(routes), LIMITS, nextPosition);
  }

  publish(number) {
    this.enqueuer.append(number % 2 === 0 ? 'number.even' : 'number.odd', bodyOf(number), undefined);
  }

  /** Commits what was published. */
  commit() {
    this.enqueuer.flush();
    const batches = this.#batches.splice(0);
    for (const { buffer, used, roll } of batches) {
      if (roll) this.#roll();
      this.writer.write(new Uint8Array(buffer, 0, used));
    }
    this.writer.commit();
    for (const batch of batches) this.enqueuer.noteCommitted(batch);
  }

  /** Lets go of the files, as the end of the process does. */
  abandon() {
    this.writer.abandon();
    for (const { log } of this.queues) log.close();
  }

  #roll() {
    const segment = this.writer.endSegment();
    if (segment !== undefined) this.reaper.add(segment);
    this.writer.beginSegment();
  }
}

/** As many are left waiting: more than a segment holds, so that some go and some stay. */
export const LEFT = 5;

/** A body that says which it is, and of which a part is not another whole one. */
export const bodyOf = (number) => `${number} `.padEnd(150, `${number}.`);
