// A hub on files in memory, without threads, sockets and timers: the parts that keep something on disk, opened by the code
// that opens them in a hub. So a start takes a few milliseconds, and thousands of damaged directories can be opened.
import { DataDirectory } from '../../../packages/hub/src/data-directory.js';
import { findLetters } from '../../../packages/hub/src/dead-letters/letter-search.js';
import type { Batch } from '../../../packages/hub/src/enqueuer/batch.js';
import { Enqueuer } from '../../../packages/hub/src/enqueuer/enqueuer.js';
import type { JournalThread } from '../../../packages/hub/src/enqueuer/journal-thread.js';
import { Router } from '../../../packages/hub/src/enqueuer/router.js';
import { JournalWriter } from '../../../packages/hub/src/enqueuer/writer/journal-writer.js';
import { Reaper } from '../../../packages/hub/src/enqueuer/writer/reaper.js';
import { openJournal } from '../../../packages/hub/src/enqueuer/writer/recovery.js';
import { RetainedSegments } from '../../../packages/hub/src/enqueuer/writer/retained-segments.js';
import { SpareSegments } from '../../../packages/hub/src/enqueuer/writer/spare-segments.js';
import { EnqueuedQueue } from '../../../packages/hub/src/enqueuer/writer/writer-queue.js';
import type { Damage } from '../../../packages/hub/src/files/damage.js';
import type { MemoryFiles } from '../../../packages/hub/src/files/memory-files.js';
import { type HubQueue, openQueues } from '../../../packages/hub/src/hub-queues.js';
import { queueFolder } from '../../../packages/hub/src/queue/registry.js';
import { specs } from './consumers.js';
import { bodyOf, QueueWorker } from './queue-worker.js';

/** Small, so that a few messages fill several. */
const SEGMENT_BYTES = 3_000;

export class DiskHub {
  readonly queues: readonly HubQueue[];
  /** What the start found damaged. */
  readonly damage: Damage[] = [];
  readonly #files: MemoryFiles;
  readonly #directory: DataDirectory;
  readonly #writer: JournalWriter;
  readonly #reaper: Reaper;
  readonly #enqueuer: Enqueuer;
  readonly #workers: readonly QueueWorker[];
  readonly #batches: Batch[] = [];

  /** @param path The data directory's, in `files`. */
  constructor(files: MemoryFiles, path: string) {
    this.#files = files;
    const onDamage = (damage: Damage) => this.damage.push(damage);
    this.#directory = DataDirectory.open(path, files);
    try {
      this.queues = openQueues(files, this.#directory, specs(), undefined, onDamage);
      const { journal, wasClean, lastEnds } = this.#directory;
      const enqueued = new Map(this.queues.map((queue) => [queue.number, new EnqueuedQueue(files, queue.forWriter)]));
      const { nextPosition, damage } = openJournal(files, journal, enqueued, wasClean, lastEnds);
      this.damage.push(...damage);
      for (const queue of this.queues) queue.restore(queue.readSettled(), [], onDamage);
      const spares = new SpareSegments(files, journal);
      this.#writer = new JournalWriter(files, journal, enqueued, spares, nextPosition);
      this.#writer.beginSegment();
      const retained = new RetainedSegments(files, journal, {});
      this.#reaper = new Reaper(files, journal, [...enqueued.values()], spares, retained, nextPosition);
      for (const { settledBefore } of this.queues) {
        this.#reaper.noteSettled(settledBefore.queue, settledBefore.intervals);
      }
      const thread = {
        buffer: (bytes: number) => new ArrayBuffer(Math.max(bytes, 400)),
        submit: (batch: Batch) => this.#batches.push(batch),
      } as unknown as JournalThread;
      const routed = this.queues.filter(({ spec }) => spec !== undefined).map((queue) => queue.forRouter);
      const limits = { maxUncommittedBytes: 1e9, maxMessageBytes: 1e6, segmentBytes: SEGMENT_BYTES };
      this.#enqueuer = new Enqueuer(thread, new Router(routed), limits, nextPosition);
      this.#workers = this.queues.map((queue) => new QueueWorker(files, this.#directory, queue, nextPosition));
    } catch (error) {
      this.#directory.unlock();
      throw error;
    }
  }

  publish(topic: string, body: string): void {
    this.#enqueuer.append(topic, body, undefined);
  }

  /** Commits all that was published. */
  commit(): void {
    this.#enqueuer.flush();
    const group = this.#batches.splice(0);
    for (const { buffer, used, roll } of group) {
      if (roll) this.#roll();
      this.#writer.write(new Uint8Array(buffer, 0, used));
    }
    this.#writer.commit();
    for (const batch of group) this.#enqueuer.noteCommitted(batch);
  }

  workerOf(consumer: string): QueueWorker {
    const worker = this.#workers.find(({ name }) => name === consumer);
    if (worker === undefined) throw new Error(`there is no queue "${consumer}"`);
    return worker;
  }

  /** Removes the segments that nobody needs. */
  reap(): void {
    this.#reaper.reap();
  }

  /** The texts of a queue's dead letters; and how many bytes of them cannot be read. */
  deadLetters(consumer: string): { bodies: string[]; unreadableBytes: number } {
    const queue = this.queues.find(({ name }) => name === consumer) as HubQueue;
    const search = {
      files: this.#files,
      directory: queueFolder(this.#directory.path, queue),
      queueNumber: queue.number,
      isSettled: () => true,
    };
    const { letters, unreadable } = findLetters({ ...search, filter: {}, most: 10_000 });
    const bodies: string[] = [];
    let unreadableBytes = unreadable.reduce((sum, { bytes }) => sum + (Number.isNaN(bytes) ? 1 : bytes), 0);
    for (const letter of letters) {
      try {
        const read = queue.deadLetters?.read(letter);
        if (read !== undefined) bodies.push(bodyOf(read.record));
      } catch {
        unreadableBytes += letter.recordBytes;
      }
    }
    return { bodies, unreadableBytes };
  }

  /** Stops in order. */
  stop(): void {
    for (const worker of this.#workers) worker.close();
    this.commit();
    this.#writer.endSegment();
    for (const queue of this.queues) queue.close();
    const queues = this.queues.map(({ number, queue }) => [number, queue.enqueued.get()]);
    this.#directory.end({ position: this.#enqueuer.nextPosition, queues: Object.fromEntries(queues) });
    this.#directory.unlock();
  }

  /** Ends as a process does that is killed: what it has written stays. */
  kill(): void {
    this.#directory.unlock();
  }

  #roll(): void {
    const segment = this.#writer.endSegment();
    if (segment !== undefined) this.#reaper.add(segment);
    this.#writer.beginSegment();
  }
}
