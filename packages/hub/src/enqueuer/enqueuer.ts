// Takes each message, finds its queues, and encodes it into the current batch; hands batches to the journal
// thread when they are large enough, or at the end of the event loop's turn (docs/decisions/0003).
import type { PenstockError } from '../errors.js';
import { type DataFields, dataRoom, type Entry, MOST_REFS, refRoom, routeRoom } from '../journal/encode.js';
import { AT, RECORD_HEADER_BYTES, viewOf } from '../journal/record.js';
import { type Body, checkBody, type Headers } from '../message.js';
import { Batch } from './batch.js';
import type { JournalThread } from './journal-thread.js';
import type { Route, Router } from './router.js';

/**
 * A batch of this size is handed over at once, so that the journal thread begins while the next one fills: about a
 * third of what one program may have unawaited (docs/decisions/0003).
 */
const HAND_OVER_BYTES = 112 * 1024;

/** The wall clock is read once for this many messages at most, and anew in each turn. */
const MESSAGES_PER_CLOCK = 64;

export interface EnqueuerLimits {
  readonly maxUncommittedBytes: number;
  readonly maxMessageBytes: number;
  readonly segmentBytes: number;
}

export class Enqueuer {
  readonly #journal: JournalThread;
  readonly #router: Router;
  readonly #limits: EnqueuerLimits;
  /** Where the first record of this run of the hub lies. */
  readonly firstPosition: number;
  #batch: Batch | undefined;
  /** The batch handed over last, while it is not committed. */
  #last: Batch | undefined;
  #position: number;
  #committedPosition: number;
  #segmentStart: number;
  #segment = 0;
  #roll = false;
  #routes = 0;
  #timeMs = 0;
  #clockUses = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #refusal: PenstockError | undefined;
  #waiting: (() => void)[] = [];

  constructor(journal: JournalThread, router: Router, limits: EnqueuerLimits, nextPosition: number) {
    this.#journal = journal;
    this.#router = router;
    this.#limits = limits;
    this.firstPosition = nextPosition;
    this.#position = nextPosition;
    this.#committedPosition = nextPosition;
    this.#segmentStart = nextPosition;
  }

  /** Where the next record will lie. */
  get nextPosition(): number {
    return this.#position;
  }

  /** The position after the last committed record. */
  get committedPosition(): number {
    return this.#committedPosition;
  }

  /** Bytes taken and not yet committed. */
  get uncommittedBytes(): number {
    return this.#position - this.#committedPosition;
  }

  /** Whether a source should wait: half of what may be uncommitted is, and the rest is for programs that publish. */
  get saturated(): boolean {
    return this.uncommittedBytes > this.#limits.maxUncommittedBytes / 2;
  }

  /** Whether publish() is to be refused for now. */
  get full(): boolean {
    return this.uncommittedBytes >= this.#limits.maxUncommittedBytes;
  }

  /** Resolves when the enqueuer is no longer saturated, or takes nothing any more. */
  writable(): Promise<void> {
    if (!this.saturated || this.#refusal !== undefined) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Puts a message into the current batch.
   *
   * @returns Its position.
   * @throws TOPIC_INVALID, BODY_INVALID, HEADERS_INVALID, HEADERS_TOO_LARGE, MESSAGE_TOO_LARGE, and what
   *   {@link refuse} was given.
   */
  append(topic: string, body: Body, headers: Headers | undefined): number {
    if (this.#refusal !== undefined) throw this.#refusal;
    const known = this.#router.route(topic);
    checkBody(topic, known.topic.length, body, this.#limits.maxMessageBytes);
    const fields: DataFields = { topic: known.topic, body, headers, id: undefined };
    const room = dataRoom(fields);
    const batch = this.#begin(room, known.route);
    const position = this.#position;
    this.#position += batch.addData(fields, position, this.#now(), known.route.number);
    if (batch.used >= HAND_OVER_BYTES) this.flush();
    return position;
  }

  /** Puts a record into the current batch that a consumer's thread has encoded. Never refused for its size. */
  appendEncoded(record: Uint8Array): number {
    if (this.#refusal !== undefined) throw this.#refusal;
    const topicEnd = RECORD_HEADER_BYTES + viewOf(record).getUint16(AT.topicLength, true);
    const { route } = this.#router.route(new TextDecoder().decode(record.subarray(RECORD_HEADER_BYTES, topicEnd)));
    const batch = this.#begin(record.byteLength, route);
    const position = this.#position;
    this.#position += batch.addEncoded(record, position, this.#now(), route.number);
    return position;
  }

  /** Puts a message that the hub had taken before into the current batch, for one queue alone. Never refused for its size. */
  appendTo(queue: number, fields: DataFields): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    const route = this.#router.only(queue);
    const batch = this.#begin(dataRoom(fields), route);
    this.#position += batch.addRequeued(fields, this.#position, this.#now(), route.number);
    if (batch.used >= HAND_OVER_BYTES) this.flush();
  }

  /** Puts entries that point to messages written earlier into one queue. */
  appendReferences(queue: number, entries: readonly Entry[]): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    for (let from = 0; from < entries.length; from += MOST_REFS) {
      const some = entries.slice(from, from + MOST_REFS);
      const batch = this.#begin(refRoom(some.length), undefined);
      this.#position += batch.addRef(some, this.#position, this.#now(), queue);
    }
  }

  /** Resolves when all that was taken so far is committed. Shared by all who ask in one batch. */
  committed(): Promise<void> {
    if (this.#batch !== undefined) return this.#batch.committed;
    return this.#last?.committed ?? Promise.resolve();
  }

  /** To be called when the journal thread has committed a batch. */
  noteCommitted(batch: Batch): void {
    this.#committedPosition = batch.endPosition;
    if (this.#last === batch) this.#last = undefined;
    if (this.#waiting.length > 0 && !this.saturated) this.#wakeWaiting();
  }

  /** From now on nothing is taken, for this reason; what was taken is still committed. */
  refuse(reason: PenstockError): void {
    this.#refusal ??= reason;
    this.#wakeWaiting();
  }

  /** Hands the current batch over without waiting for the end of the turn. */
  flush(): void {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#clockUses = 0;
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#last = batch;
    this.#journal.submit(batch);
  }

  /** Ends the journal's segment, if there is anything in it: only then can it go when its messages are settled. */
  endSegment(): void {
    if (this.#refusal !== undefined || this.#position === this.#segmentStart) return;
    this.#beginSegment();
    this.#last = this.#newBatch(0);
    this.#journal.submit(this.#last);
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** A batch with so much room, the route written down in its segment. */
  #begin(room: number, route: Route | undefined): Batch {
    if (this.#position - this.#segmentStart >= this.#limits.segmentBytes) this.#beginSegment();
    const routeBytes = route === undefined || route.segment === this.#segment ? 0 : routeRoom(route.queues.length);
    if (this.#batch !== undefined && !this.#batch.hasRoom(room + routeBytes)) this.flush();
    this.#batch ??= this.#newBatch(room + routeBytes);
    this.#scheduled ??= setImmediate(() => this.flush());
    if (routeBytes > 0 && route !== undefined) {
      route.segment = this.#segment;
      route.number = ++this.#routes;
      this.#position += this.#batch.addRoute(route.queues, this.#position, this.#now(), route.number);
    }
    return this.#batch;
  }

  #beginSegment(): void {
    this.flush();
    this.#segment++;
    this.#segmentStart = this.#position;
    this.#routes = 0;
    this.#roll = true;
  }

  #newBatch(bytes: number): Batch {
    const batch = new Batch(this.#journal.buffer(bytes), this.#roll);
    batch.endPosition = this.#position;
    this.#roll = false;
    return batch;
  }

  #now(): number {
    if (this.#clockUses-- <= 0) {
      this.#timeMs = Date.now();
      this.#clockUses = MESSAGES_PER_CLOCK;
    }
    return this.#timeMs;
  }
}
