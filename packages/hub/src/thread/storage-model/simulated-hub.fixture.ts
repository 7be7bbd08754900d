// A hub without threads, sockets and timers: all parts that keep something on disk, wired as the hub wires them,
// on any Files. Each step is a call, so that a test decides what comes after what, and where it all ends.

import type { Batch } from '../../enqueuer/batch.js';
import { Enqueuer } from '../../enqueuer/enqueuer.js';
import type { JournalThread } from '../../enqueuer/journal-thread.js';
import { Router } from '../../enqueuer/router.js';
import { JournalWriter } from '../../enqueuer/writer/journal-writer.js';
import { Reaper } from '../../enqueuer/writer/reaper.js';
import { openJournal } from '../../enqueuer/writer/recovery.js';
import { RetainedSegments } from '../../enqueuer/writer/retained-segments.js';
import { SpareSegments } from '../../enqueuer/writer/spare-segments.js';
import { EnqueuedQueue } from '../../enqueuer/writer/writer-queue.js';
import { type Files, readWhole, replaceFile } from '../../files/files.js';
import type { Entry } from '../../journal/encode.js';
import { AT, RECORD_HEADER_BYTES, RecordKind } from '../../journal/record.js';
import { scanSegment } from '../../journal/scan.js';
import { SegmentFiles } from '../../journal/segment-files.js';
import { Entries, IndexReader } from '../../queue/index-reader.js';
import { type Queue, QueueRegistry } from '../../queue/registry.js';
import { compilePatterns } from '../../topic.js';
import { type SimulatedConsumer, SimulatedQueue } from './simulated-queue.fixture.js';

export const DATA = '/data';
export const JOURNAL = `${DATA}/journal`;

/** What a test needs to know as it happens. */
export interface SimulatedHubObserver {
  /** The journal was opened; the next record will lie here. */
  opened(nextPosition: number): void;
  /** A queue is about to be filled from the journal. */
  backfillBegins(queue: string, patterns: readonly string[]): void;
  /** Entries that point to older messages were put into a queue by a record that lies at `at`. */
  referenced(queue: string, entries: readonly Entry[], at: number): void;
  committed(): void;
}

export interface SimulatedHubOptions {
  readonly files: Files;
  readonly consumers: readonly SimulatedConsumer[];
  readonly segmentBytes: number;
  /** Size of the enqueuer's batches. */
  readonly batchBytes: number;
  readonly observer: SimulatedHubObserver;
}

/** References that a backfill hands over at a time. */
const REFERENCES_PER_PART = 3;

export class SimulatedHub {
  readonly queues: readonly SimulatedQueue[];
  readonly #options: SimulatedHubOptions;
  readonly #registry: QueueRegistry;
  readonly #writer: JournalWriter;
  readonly #reaper: Reaper;
  readonly #enqueuer: Enqueuer;
  readonly #batches: Batch[] = [];
  #nextNumber = 1;

  /** Starts it on what is there. */
  constructor(options: SimulatedHubOptions) {
    const { files, consumers, segmentBytes, batchBytes } = options;
    this.#options = options;
    const clean = this.#readHubFile();
    this.#registry = new QueueRegistry(files, DATA);
    const opened = this.#registry.open(consumers, this.#nextNumber);
    this.#nextNumber = opened.nextNumber;
    files.makeDirectory(JOURNAL);
    this.#writeHubFile(false);

    this.queues = opened.queues.map(
      (queue) =>
        new SimulatedQueue(
          files,
          JOURNAL,
          queue,
          consumers.find(({ name }) => name === queue.name),
        ),
    );
    const enqueued = new Map(
      this.queues.map((queue) => [queue.forWriter.number, new EnqueuedQueue(files, queue.forWriter)]),
    );
    const { nextPosition } = openJournal(files, JOURNAL, enqueued, clean);
    options.observer.opened(nextPosition);
    const spares = new SpareSegments(files, JOURNAL);
    this.#writer = new JournalWriter(files, JOURNAL, enqueued, spares, nextPosition);
    this.#writer.beginSegment();
    this.#reaper = new Reaper(
      files,
      JOURNAL,
      [...enqueued.values()],
      spares,
      new RetainedSegments(files, JOURNAL, {}),
      nextPosition,
    );

    const journal = {
      buffer: (bytes: number) => new ArrayBuffer(Math.max(bytes, batchBytes)),
      submit: (batch: Batch) => this.#batches.push(batch),
    } as unknown as JournalThread;
    const routed = this.queues.flatMap((queue) => (queue.consumer === undefined ? [] : [queue.forRouter]));
    const limits = { maxUncommittedBytes: 1e9, maxMessageBytes: 1e6, segmentBytes };
    this.#enqueuer = new Enqueuer(journal, new Router(routed), limits, nextPosition);
    for (const queue of this.queues) queue.restore();
    for (const queue of this.queues) this.#backfill(queue);
    for (const { settledBefore } of this.queues) this.#reaper.noteSettled(settledBefore.queue, settledBefore.intervals);
    for (const queue of this.queues) queue.startThreads(nextPosition);
  }

  /** @returns Where the message lies, and where it ends. */
  publish(topic: string, body: string): { position: number; end: number } {
    const position = this.#enqueuer.append(topic, body, undefined);
    return { position, end: this.#enqueuer.nextPosition };
  }

  /** Commits all that was published. */
  commit(): void {
    this.#enqueuer.flush();
    const group = this.#batches.splice(0);
    if (group.length === 0) return;
    for (const { buffer, used, roll } of group) {
      if (roll) this.#roll();
      this.#writer.write(new Uint8Array(buffer, 0, used));
    }
    this.#writer.commit();
    for (const batch of group) this.#enqueuer.noteCommitted(batch);
    this.#options.observer.committed();
  }

  /** Removes the segments that nobody needs. */
  reap(): void {
    this.#reaper.reap();
  }

  /**
   * Stops in order: what was published is committed, what is in flight stays queued.
   *
   * @returns Where the next record would lie.
   */
  stop(): number {
    for (const queue of this.queues) queue.stopThreads();
    this.commit();
    this.#writer.endSegment();
    this.#writeHubFile(true);
    return this.#enqueuer.nextPosition;
  }

  /** To be called when the process is taken to be gone, so that nothing of it goes on. */
  drop(): void {
    this.#enqueuer.flush();
  }

  #roll(): void {
    const segment = this.#writer.endSegment();
    if (segment !== undefined) this.#reaper.add(segment);
    this.#writer.beginSegment();
  }

  #readHubFile(): boolean {
    const { files } = this.#options;
    if (!files.list(DATA).includes('hub.json')) return false;
    const file = JSON.parse(new TextDecoder().decode(readWhole(files, `${DATA}/hub.json`)));
    this.#nextNumber = file.nextNumber;
    return file.clean;
  }

  #writeHubFile(clean: boolean): void {
    const text = JSON.stringify({ clean, nextNumber: this.#nextNumber });
    replaceFile(this.#options.files, DATA, 'hub.json', new TextEncoder().encode(text));
  }

  /** Gives a queue that is to begin with what the journal holds just that; goes on where an earlier start ended. */
  #backfill(queue: SimulatedQueue): void {
    const { consumer, record } = queue;
    if (consumer === undefined || record.backfill !== 'pending') return;
    const { files, observer } = this.#options;
    observer.backfillBegins(queue.name, consumer.patterns);
    const wanted = this.#search(compilePatterns(consumer.patterns), backfilledThrough(files, queue, record));
    for (let at = 0; at < wanted.length; at += REFERENCES_PER_PART) {
      const part = wanted.slice(at, at + REFERENCES_PER_PART);
      const position = this.#enqueuer.nextPosition;
      this.#enqueuer.appendReferences(record.number, part);
      observer.referenced(queue.name, part, position);
      this.commit();
    }
    this.#registry.backfilled(record);
  }

  #search(matches: (topic: string) => boolean, from: number): Entry[] {
    const segments = new SegmentFiles(this.#options.files, JOURNAL);
    const found: Entry[] = [];
    for (const first of segments.list()) {
      const segment = segments.openAt(first);
      if (segment === undefined) continue;
      scanSegment(segment.file, segment, ({ bytes, view, at, length, position }) => {
        const start = at + RECORD_HEADER_BYTES;
        const isData = view.getUint8(at + AT.kind) === RecordKind.DATA;
        const topic = bytes.toString('utf8', start, start + view.getUint16(at + AT.topicLength, true));
        if (position >= from && isData && matches(topic)) found.push({ position, length, keyHash: 0 });
        return true;
      });
    }
    segments.close();
    return found;
  }
}

function backfilledThrough(files: Files, { shared }: SimulatedQueue, { directory }: Queue): number {
  const reader = new IndexReader(files, directory);
  const last = new Entries();
  if (shared.enqueued.get() > 0) reader.read(shared.enqueued.get() - 1, 1, last);
  reader.close();
  return last.count === 0 ? 0 : (last.positions[0] as number) + (last.lengths[0] as number);
}
