// What the journal thread does, without the thread: puts batches of records into the journal, commits them
// as a group, and puts each message into the queues of its route. A message is committed when commit() has
// returned: its bytes are on stable storage first, then the queues learn of it.
import type { File, Files } from '../../files/files.js';
import { readRef, readRoute } from '../../journal/encode.js';
import { AT, RecordKind, viewOf } from '../../journal/record.js';
import { encodeSegmentHeader, segmentName } from '../../journal/segment.js';
import { addToQueues, type KeyedRoute, keyedRoute } from './keyed-route.js';
import type { SpareSegments } from './spare-segments.js';
import type { EnqueuedQueue } from './writer-queue.js';

export interface ClosedSegment {
  readonly firstPosition: number;
  readonly endPosition: number;
  readonly bytes: number;
}

export class JournalWriter {
  readonly #files: Files;
  readonly #directory: string;
  readonly #queues: ReadonlyMap<number, EnqueuedQueue>;
  #file: File | undefined;
  #firstPosition = 0;
  #nextPosition: number;
  #fileBytes = 0;
  /** Routes written down in this segment, by their numbers. */
  #routes: KeyedRoute[] = [];
  #messages = 0;

  readonly #spares: SpareSegments;

  constructor(
    files: Files,
    journalDirectory: string,
    queues: ReadonlyMap<number, EnqueuedQueue>,
    spares: SpareSegments,
    nextPosition: number,
  ) {
    this.#files = files;
    this.#directory = journalDirectory;
    this.#spares = spares;
    this.#queues = queues;
    this.#nextPosition = nextPosition;
  }

  /** DATA records written so far. */
  get messages(): number {
    return this.#messages;
  }

  /** Bytes of the segment being written. */
  get openBytes(): number {
    return this.#fileBytes;
  }

  /** Begins a segment at the next position, and makes its name durable. One without any record there is replaced. */
  beginSegment(): void {
    this.#firstPosition = this.#nextPosition;
    const name = segmentName(this.#firstPosition);
    const { file, reused } = this.#spares.take(`${name}.tmp`);
    this.#file = file;
    const bases = [...this.#queues.values()].map((queue) => queue.base);
    const header = encodeSegmentHeader(this.#firstPosition, bases, reused);
    file.append(header);
    // Only with its header on the disk is it a segment by name.
    file.sync();
    this.#files.rename(`${this.#directory}/${name}.tmp`, `${this.#directory}/${name}`);
    this.#files.syncDirectory(this.#directory);
    this.#fileBytes = header.byteLength;
    this.#routes = [];
  }

  /** Ends the segment and its index files; all that was written is durable then. */
  endSegment(): ClosedSegment | undefined {
    if (this.#file === undefined) return undefined;
    this.#file.truncate();
    this.#file.sync();
    for (const queue of this.#queues.values()) queue.endSegment();
    this.#file.close();
    this.#file = undefined;
    return { firstPosition: this.#firstPosition, endPosition: this.#nextPosition, bytes: this.#fileBytes };
  }

  /** Writes sealed records that follow each other, and adds them to their queues. */
  write(bytes: Uint8Array): void {
    if (this.#file === undefined) throw new Error('no segment is open');
    // First: with very many entries, index files are written to before the commit, and are to know of nothing that is not
    // there when the process is killed.
    this.#file.append(bytes);
    const view = viewOf(bytes);
    for (let at = 0, end = bytes.byteLength; at < end; ) {
      const length = view.getUint32(at + AT.length, true);
      this.#enqueue(bytes, view, at, length);
      at += length;
    }
    this.#fileBytes += bytes.byteLength;
    this.#nextPosition += bytes.byteLength;
  }

  /** Makes all that was written durable, and then visible to its queues. */
  commit(): void {
    this.#file?.sync();
    for (const queue of this.#queues.values()) queue.commit();
  }

  /**
   * Wakes the consumers of what was committed.
   *
   * @param flood Whether those of few entries may have to wait a little.
   * @returns Whether all were woken; if not, this is to be called again within {@link WAKE_WITHIN_MS}.
   */
  wakeConsumers(flood: boolean): boolean {
    const nowMs = performance.now();
    let all = true;
    for (const queue of this.#queues.values()) all = queue.wake(nowMs, flood) && all;
    return all;
  }

  /** Lets go of the files after a failure. */
  abandon(): void {
    for (const queue of this.#queues.values()) queue.abandon();
    this.#file?.close();
    this.#file = undefined;
  }

  #enqueue(bytes: Uint8Array, view: DataView, at: number, length: number): void {
    const number = view.getUint32(at + AT.route, true);
    switch (view.getUint8(at + AT.kind)) {
      case RecordKind.DATA: {
        this.#messages++;
        const route = this.#routes[number];
        if (route === undefined) throw new Error(`a message has route ${number}, which this segment does not know`);
        const position = view.getFloat64(at + AT.position, true);
        addToQueues(route, this.#firstPosition, { bytes, view, at, position, length });
        break;
      }
      case RecordKind.ROUTE:
        this.#routes[number] = keyedRoute(readRoute(view, at).map((queue) => this.#queue(queue)));
        break;
      case RecordKind.REF: {
        const queue = this.#queue(number);
        readRef(view, at, (...entry) => queue.add(this.#firstPosition, ...entry));
        break;
      }
    }
  }

  #queue(number: number): EnqueuedQueue {
    const queue = this.#queues.get(number);
    if (queue === undefined) throw new Error(`there is no queue ${number}`);
    return queue;
  }
}
