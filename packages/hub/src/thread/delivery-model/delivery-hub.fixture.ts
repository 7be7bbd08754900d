// A hub whose consumers really deliver, without threads, sockets and timers: the journal, the queues and the lanes,
// wired as the hub wires them, on any Files. What comes from outside is a call.
import type { BatchConsumer, Consumer } from '../../consumer.js';
import { fieldsAgain } from '../../dead-letters/fields-again.js';
import type { ListedLetter } from '../../dead-letters/letter-search.js';
import { JournalSearch } from '../../enqueuer/backfill/search.js';
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
import { AT, RECORD_HEADER_BYTES, viewOf } from '../../journal/record.js';
import { QueueRegistry } from '../../queue/registry.js';
import { blameCrash } from '../../settlement/hub-crash.js';
import { SuspectTurns } from '../suspect-turns.js';
import { DeliveredMessage } from '../worker/delivered-message.js';
import type { DeliveryLane } from './delivery-lane.fixture.js';
import { DeliveryQueue, HUB_ID, type ModelConsumer } from './delivery-queue.fixture.js';
import type { ModelMessage } from './naive-model.fixture.js';

export const DATA = '/data';
export const JOURNAL = `${DATA}/journal`;
const SEGMENT_BYTES = 1_500;
const BATCH_BYTES = 2_000;
/** References that a replay hands over at a time. */
const REFERENCES_PER_PART = 3;

/** What a run needs to know as it happens. */
export interface DeliveryHubObserver {
  /** A message was enqueued; its record ends at `end`. */
  published(message: ModelMessage, end: number): void;
  /** A dead letter was put into its queue again. */
  requeued(queue: string, ordinal: number, message: ModelMessage, end: number): void;
  /** Messages that are there already were put into a queue. */
  replayed(queue: string, positions: readonly number[], end: number): void;
}

export interface DeliveryHubOptions {
  readonly files: Files;
  readonly consumers: readonly ModelConsumer[];
  readonly observer: DeliveryHubObserver;
  readonly instance: (queue: DeliveryQueue, lane: DeliveryLane) => Consumer | BatchConsumer;
}

export class DeliveryHub {
  readonly queues: readonly DeliveryQueue[];
  /** Where the journal went on. */
  readonly openedAt: number;
  readonly #options: DeliveryHubOptions;
  readonly #writer: JournalWriter;
  readonly #reaper: Reaper;
  readonly #enqueuer: Enqueuer;
  readonly #batches: Batch[] = [];
  #nextNumber = 1;

  /** Opens it on what is there; nothing is delivered yet. */
  constructor(options: DeliveryHubOptions) {
    const { files, consumers, observer, instance } = options;
    this.#options = options;
    const clean = this.#readHubFile();
    const registry = new QueueRegistry(files, DATA);
    const requests = consumers.map(({ name, patterns, settings: { orderKey } }) => ({
      name,
      startFrom: 'new' as const,
      topics: patterns,
      orderKey,
    }));
    const opened = registry.open(requests, this.#nextNumber);
    this.#nextNumber = opened.nextNumber;
    files.makeDirectory(JOURNAL);
    this.#writeHubFile(false);
    const suspectTurns = new SuspectTurns();
    this.queues = opened.queues.map((record) => {
      const consumer = consumers.find(({ name }) => name === record.name) as ModelConsumer;
      return new DeliveryQueue({
        files,
        registry,
        journalDirectory: JOURNAL,
        record,
        consumer,
        instance,
        suspectTurns,
      });
    });
    const enqueued = new Map(
      this.queues.map(({ forWriter }) => [forWriter.number, new EnqueuedQueue(files, forWriter)]),
    );
    const { nextPosition } = openJournal(files, JOURNAL, enqueued, clean);
    this.openedAt = nextPosition;
    const spares = new SpareSegments(files, JOURNAL);
    this.#writer = new JournalWriter(files, JOURNAL, enqueued, spares, nextPosition);
    this.#writer.beginSegment();
    const retained = new RetainedSegments(files, JOURNAL, {});
    this.#reaper = new Reaper(files, JOURNAL, [...enqueued.values()], spares, retained, nextPosition);
    const journal = {
      buffer: (bytes: number) => new ArrayBuffer(Math.max(bytes, BATCH_BYTES)),
      submit: (batch: Batch) => this.#batches.push(batch),
    } as unknown as JournalThread;
    const limits = { maxUncommittedBytes: 1e9, maxMessageBytes: 1e6, segmentBytes: SEGMENT_BYTES };
    const router = new Router(this.queues.map(({ forRouter }) => forRouter));
    this.#enqueuer = new ObservedEnqueuer(observer, journal, router, limits, nextPosition);
    const states = this.queues.map((queue) => queue.readSettled());
    const crashed = blameCrash(clean ? [] : states, 0);
    for (const [index, queue] of this.queues.entries()) queue.restore(clean, crashed[index] ?? []);
    for (const { settledBefore } of this.queues) this.#reaper.noteSettled(settledBefore.queue, settledBefore.intervals);
  }

  /** The position after the last committed record. */
  get committed(): number {
    return this.#enqueuer.committedPosition;
  }

  start(): void {
    for (const queue of this.queues) queue.startLanes(this.#enqueuer);
  }

  publish(topic: string, body: string): void {
    const position = this.#enqueuer.append(topic, body, undefined);
    const end = this.#enqueuer.nextPosition;
    const id = `${HUB_ID}-${position}`;
    const message = { position, length: end - position, topic, body, id, requeued: false };
    this.#options.observer.published(message, end);
  }

  /** Commits all that was published, and wakes who waits for it. */
  commit(): void {
    this.#enqueuer.flush();
    const group = this.#batches.splice(0);
    if (group.length === 0) return;
    for (const { buffer, used, roll } of group) {
      if (roll) this.#roll();
      this.#writer.write(new Uint8Array(buffer, 0, used));
    }
    this.#writer.commit();
    this.#writer.wakeConsumers(false);
    for (const batch of group) {
      this.#enqueuer.noteCommitted(batch);
      batch.resolve();
    }
  }

  /** Puts dead letters into their queue again, as the command does. */
  requeue(queue: DeliveryQueue, letters: readonly ListedLetter[]): void {
    for (const letter of letters) {
      const read = queue.readLetter(letter);
      if (read === undefined) continue;
      const fields = fieldsAgain(read.record, HUB_ID);
      this.#enqueuer.appendTo(queue.number, fields);
      const end = this.#enqueuer.nextPosition;
      const [topic, body, id] = [fields.topic, fields.body, fields.id ?? ''].map(textOf) as [string, string, string];
      const length = RECORD_HEADER_BYTES + topic.length + body.length + id.length;
      const message = { position: end - length, length, topic, body, id, requeued: true };
      this.#options.observer.requeued(queue.name, letter.id, message, end);
    }
    this.commit();
    queue.removeLetters(letters);
  }

  /** Puts messages of a range into a queue again, part by part. */
  replay(queue: DeliveryQueue, from: number, until: number): void {
    const request = {
      journalDirectory: JOURNAL,
      patterns: queue.consumer.patterns,
      only: undefined,
      orderKey: queue.consumer.settings.orderKey,
      from: { position: from },
      until: { position: until },
      searchedThrough: 0,
      end: this.committed,
    };
    for (const said of new JournalSearch(this.#options.files, request).run()) {
      if (said.type === 'damaged') throw new Error(`the journal is damaged at ${said.position}: ${said.problem}`);
      if (said.type !== 'entries') continue;
      for (let at = 0; at < said.positions.length; at += REFERENCES_PER_PART) {
        const part = Array.from(said.positions.subarray(at, at + REFERENCES_PER_PART), (position, index) => ({
          position,
          length: said.lengths[at + index] as number,
          keyHash: said.keyHashes[at + index] as number,
        }));
        this.#enqueuer.appendReferences(queue.number, part);
        const positions = part.map(({ position }) => position);
        this.#options.observer.replayed(queue.name, positions, this.#enqueuer.nextPosition);
        this.commit();
      }
    }
  }

  /** Removes the segments that nobody needs. */
  reap(): void {
    this.#reaper.reap();
  }

  /** Ends it in order, once its lanes have. */
  stop(): void {
    this.commit();
    this.#writer.endSegment();
    for (const queue of this.queues) queue.close();
    this.#writeHubFile(true);
  }

  /** To be called when the process is taken to be gone, so that nothing of it goes on. */
  drop(): void {
    for (const lane of this.queues.flatMap(({ lanes }) => lanes)) lane.kill();
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
}

/** Tells of what consumers publish. */
class ObservedEnqueuer extends Enqueuer {
  readonly #observer: DeliveryHubObserver;

  constructor(observer: DeliveryHubObserver, ...rest: ConstructorParameters<typeof Enqueuer>) {
    super(...rest);
    this.#observer = observer;
  }

  override appendEncoded(record: Uint8Array): number {
    const position = super.appendEncoded(record);
    const bytes = Buffer.from(record);
    const { topic, id, body } = new DeliveredMessage(HUB_ID, bytes, viewOf(bytes), 0, 1);
    const length = viewOf(bytes).getUint32(AT.length, true);
    const message = { position, length, topic, id, body: textOf(body), requeued: false };
    this.#observer.published(message, this.nextPosition);
    return position;
  }
}

const textOf = (text: string | Uint8Array): string => (typeof text === 'string' ? text : Buffer.from(text).toString());
