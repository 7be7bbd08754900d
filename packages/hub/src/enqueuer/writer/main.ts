// The journal thread: the only writer of the journal and of the queues' index files. It waits for batches,
// takes all that are there as one group, commits them, and between times removes segments nobody needs.
// Its file calls are synchronous, so that nothing that consumers do to libuv's pool can delay a commit.
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { toErrorData } from '../../errors.js';
import { NodeFiles } from '../../files/node-files.js';
import type { FromWriter, OpenReport, ToWriter, WriterData } from '../protocol.js';
import { WriterShared } from '../protocol.js';
import { JournalWriter } from './journal-writer.js';
import { Reaper } from './reaper.js';
import { openJournal } from './recovery.js';
import { RemovedQueues } from './removed-queues.js';
import { RetainedSegments } from './retained-segments.js';
import { SpareSegments } from './spare-segments.js';
import { EnqueuedQueue, WAKE_WITHIN_MS } from './writer-queue.js';

/**
 * So much is removed between two commits: deleting a full segment takes up to 30 ms, and commits wait for it. When a
 * queue is removed that kept many segments, they go one after the other.
 */
const SEGMENTS_PER_TURN = 1;
const FILES_PER_TURN = 4;

/** How often segments are looked at while nothing is written. */
const REAP_EVERY_MS = 1_000;
/** The same while disk space is short, and retained segments give way one by one. */
const REAP_WHEN_SHORT_MS = 100;

/** A group of batches is committed at this size at the latest. */
const GROUP_BYTES = 4 << 20;

/** A group of so many messages is taken for a part of a flood, in which waking each consumer each time is too dear. */
const FLOOD_MESSAGES = 64;

class JournalThread {
  readonly #data: WriterData;
  readonly #shared: WriterShared;
  readonly #queues: Map<number, EnqueuedQueue>;
  readonly #removed: RemovedQueues;
  readonly #writer: JournalWriter;
  readonly #spares: SpareSegments;
  readonly #retained: RetainedSegments;
  readonly #reaper: Reaper;
  readonly #report: OpenReport;
  #released = false;
  #closing = false;
  #reapAtMs = 0;
  #reapEveryMs = REAP_EVERY_MS;
  #groupBytes = 0;
  /** Batches written and not yet committed. */
  #written = 0;

  constructor(data: WriterData) {
    this.#data = data;
    this.#shared = new WriterShared(data.shared);
    const files = new NodeFiles({ durable: data.durable });
    const directory = `${data.dataDirectory}/journal`;
    this.#queues = new Map(data.queues.map((queue) => [queue.number, new EnqueuedQueue(files, queue)]));
    this.#removed = new RemovedQueues(files);
    this.#report = openJournal(files, directory, this.#queues, data.clean, data.ends);
    this.#spares = new SpareSegments(files, directory);
    this.#writer = new JournalWriter(files, directory, this.#queues, this.#spares, this.#report.nextPosition);
    this.#writer.beginSegment();
    this.#retained = new RetainedSegments(files, directory, data.retain);
    const queues = [...this.#queues.values()];
    this.#reaper = new Reaper(files, directory, queues, this.#spares, this.#retained, this.#report.nextPosition);
  }

  run(): void {
    this.#note();
    this.#post({ type: 'opened', report: this.#report });
    this.#signal();
    let allAwake = true;
    while (!this.#closing) {
      const submitted = Atomics.load(this.#shared.words, WriterShared.SUBMITTED);
      if (this.#takeGroup()) allAwake = this.#commit();
      else if (!this.#closing) {
        const ended = Atomics.wait(this.#shared.words, WriterShared.SUBMITTED, submitted, this.#idleMs(allAwake));
        if (!allAwake && ended === 'timed-out') allAwake = this.#writer.wakeConsumers(false);
      }
      this.#reap();
    }
    this.#writer.wakeConsumers(false);
    this.#writer.endSegment();
  }

  /** Lets go of all files; what was not committed never will be. */
  abandon(): void {
    this.#writer.abandon();
  }

  /** Writes the batches that are there; returns whether there were any. */
  #takeGroup(): boolean {
    this.#groupBytes = 0;
    while (this.#groupBytes < GROUP_BYTES && !this.#closing) {
      const received = receiveMessageOnPort(this.#data.port) as { message: ToWriter } | undefined;
      if (received === undefined) break;
      this.#take(received.message);
    }
    return this.#written > 0;
  }

  #take(message: ToWriter): void {
    switch (message.type) {
      case 'batch': {
        const { buffer, used, pooled, roll } = message;
        if (roll) this.#roll();
        this.#writer.write(new Uint8Array(buffer, 0, used));
        this.#written++;
        this.#groupBytes += used;
        if (pooled) this.#post({ type: 'buffer', buffer }, [buffer]);
        break;
      }
      case 'remove-queue':
        this.#removeQueue(message.queue);
        break;
      case 'release':
        for (const { queue, intervals } of message.settled) this.#reaper.noteSettled(queue, intervals);
        this.#released = true;
        break;
      case 'pin':
        this.#retained.pin(message.pin, message.from);
        this.#post({ type: 'pinned', pin: message.pin });
        this.#signal();
        break;
      case 'unpin':
        this.#retained.unpin(message.pin);
        this.#reapAtMs = 0;
        break;
      case 'close':
        this.#closing = true;
        break;
    }
  }

  #roll(): void {
    // It takes a while, as long as consumers may have to wait and longer.
    this.#writer.wakeConsumers(false);
    const segment = this.#writer.endSegment();
    if (segment !== undefined) this.#reaper.add(segment);
    this.#writer.beginSegment();
    this.#reapAtMs = 0;
  }

  /** @returns Whether all consumers were woken that got something. */
  #commit(): boolean {
    const before = this.#shared.numbers[WriterShared.MESSAGES] as number;
    this.#writer.commit();
    this.#note();
    Atomics.add(this.#shared.words, WriterShared.COMMITTED, this.#written);
    this.#written = 0;
    // The main thread first: on few cores, each consumer that wakes takes the processor from this thread.
    this.#signal();
    return this.#writer.wakeConsumers(this.#writer.messages - before >= FLOOD_MESSAGES);
  }

  #removeQueue(number: number): void {
    const queue = this.#queues.get(number);
    if (queue !== undefined) {
      this.#removed.add(queue);
      this.#queues.delete(number);
      this.#reaper.forget(queue);
      this.#reapAtMs = 0;
    }
    this.#post({ type: 'queue-removed', queue: number });
    this.#signal();
  }

  /** How long nothing is to be done unless something comes, in milliseconds. */
  #idleMs(allAwake: boolean): number {
    if (this.#removed.pending || (this.#released && this.#reapAtMs === 0)) return 0;
    return allAwake ? this.#reapEveryMs : WAKE_WITHIN_MS;
  }

  #reap(): void {
    this.#removed.deleteSome(FILES_PER_TURN);
    const now = performance.now();
    if (!this.#released || now < this.#reapAtMs) return;
    // Removing takes a while, too.
    this.#writer.wakeConsumers(false);
    const short = Atomics.load(this.#shared.words, WriterShared.SHORT_OF_SPACE) === 1;
    this.#spares.shortOfSpace = short;
    this.#retained.shortOfSpace = short;
    const removed = this.#reaper.reap(SEGMENTS_PER_TURN);
    // There may be more, which would otherwise go one a second.
    this.#reapEveryMs = short ? REAP_WHEN_SHORT_MS : REAP_EVERY_MS;
    this.#reapAtMs = removed.length === SEGMENTS_PER_TURN ? 0 : now + this.#reapEveryMs;
    for (const segment of removed) this.#post({ type: 'segment-removed', ...segment });
    this.#note();
    // Not with each commit: with many segments and queues it takes a while to add up.
    this.#shared.numbers[WriterShared.INDEX_BYTES] = [...this.#queues.values()].reduce(
      (sum, { indexBytes }) => sum + indexBytes,
      0,
    );
    if (removed.length > 0) this.#signal();
  }

  #note(): void {
    const { numbers } = this.#shared;
    const closed = this.#reaper.segments;
    numbers[WriterShared.JOURNAL_BYTES] = closed.reduce(
      (sum, { bytes }) => sum + bytes,
      this.#writer.openBytes + this.#spares.bytes,
    );
    numbers[WriterShared.SPARE_BYTES] = this.#spares.bytes;
    numbers[WriterShared.RETAINED_BYTES] = this.#retained.bytes;
    numbers[WriterShared.SEGMENTS] = closed.length + 1;
    numbers[WriterShared.MESSAGES] = this.#writer.messages;
  }

  #signal(): void {
    Atomics.add(this.#shared.words, WriterShared.SIGNAL, 1);
    Atomics.notify(this.#shared.words, WriterShared.SIGNAL);
  }

  #post(message: FromWriter, transfer: ArrayBuffer[] = []): void {
    this.#data.port.postMessage(message, transfer);
  }
}

const data = workerData as WriterData;
let thread: JournalThread | undefined;
try {
  thread = new JournalThread(data);
  thread.run();
} catch (error) {
  // After a failed write or sync nothing is certain but what is on disk: take no more, say so, and end.
  data.port.postMessage({ type: 'failed', error: toErrorData(error) } satisfies FromWriter);
  try {
    thread?.abandon();
  } catch {
    // Of a file that failed, closing can fail too: why it all ended was said.
  }
}
data.port.close();
