// The main thread's side of the journal thread: starts it, hands batches over, and learns of commits. The
// journal thread never waits for this side, and this side never waits but for promises.
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { fromErrorData, PenstockError } from '../errors.js';
import { BATCH_BYTES, type Batch } from './batch.js';
import { type JournalPin, JournalPins } from './journal-pins.js';
import {
  type FromWriter,
  type OpenReport,
  type SettledBefore,
  type ToWriter,
  type WriterData,
  WriterShared,
} from './protocol.js';

export interface JournalThreadEvents {
  /** Batches up to and including this one are committed. */
  committed(batch: Batch): void;
  segmentRemoved(segment: string, bytes: number): void;
  /** Nothing more will be committed. */
  failed(error: PenstockError): void;
}

/** Somebody who waits for a queue to be removed. */
interface Removal {
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** Buffers kept for the next batches. */
const MOST_SPARE_BUFFERS = 64;

export class JournalThread {
  readonly #events: JournalThreadEvents;
  readonly #shared = new WriterShared(new SharedArrayBuffer(WriterShared.BYTES));
  readonly #spare: ArrayBuffer[] = [];
  readonly #inflight: Batch[] = [];
  /** Batches that wait for disk space; undefined while none has to. */
  #waiting: Batch[] | undefined;
  /** By the queue's number. */
  readonly #removals = new Map<number, Removal>();
  readonly #pins = new JournalPins((message) => this.#post(message));
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  #seen = 0;
  #failure: PenstockError | undefined;
  #opened: ((report: OpenReport) => void) | undefined;
  #exited: Promise<void> = Promise.resolve();
  #watching: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(events: JournalThreadEvents) {
    this.#events = events;
  }

  /**
   * Bytes on disk, those of them that are in spare segments, and those in retained ones; segments, messages committed;
   * bytes of index files.
   */
  get numbers(): Readonly<
    Record<'bytes' | 'spareBytes' | 'retainedBytes' | 'segments' | 'messages' | 'indexBytes', number>
  > {
    const { numbers } = this.#shared;
    return {
      retainedBytes: numbers[WriterShared.RETAINED_BYTES] as number,
      spareBytes: numbers[WriterShared.SPARE_BYTES] as number,
      indexBytes: numbers[WriterShared.INDEX_BYTES] as number,
      bytes: numbers[WriterShared.JOURNAL_BYTES] as number,
      segments: numbers[WriterShared.SEGMENTS] as number,
      messages: numbers[WriterShared.MESSAGES] as number,
    };
  }

  /**
   * Starts the thread, which recovers the journal.
   *
   * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED, or JOURNAL_FAILED.
   */
  async open(data: Omit<WriterData, 'shared' | 'port'>): Promise<OpenReport> {
    const { port1, port2 } = new MessageChannel();
    const workerData: WriterData = { ...data, shared: this.#shared.words.buffer as SharedArrayBuffer, port: port2 };
    const worker = new Worker(new URL('./writer/main.js', import.meta.url), {
      name: 'penstock journal',
      workerData,
      transferList: [port2],
    });
    this.#worker = worker;
    this.#port = port1;
    const opened = new Promise<OpenReport>((resolve, reject) => {
      this.#opened = resolve;
      this.#exited = new Promise((exited) => {
        worker.once('error', (error) => this.fail(error));
        worker.once('exit', () => {
          this.#settleCommitted();
          if (!this.#ended) this.fail(new Error('the journal thread ended'));
          reject(this.#failure);
          exited();
        });
      });
    });
    this.#watching = this.#watch();
    return opened;
  }

  /** A buffer for the next batch. */
  buffer(bytes: number): ArrayBuffer {
    if (bytes > BATCH_BYTES) return new ArrayBuffer(bytes);
    return this.#spare.pop() ?? new ArrayBuffer(BATCH_BYTES);
  }

  /** Hands a batch over; while there is no disk space, it waits for that. */
  submit(batch: Batch): void {
    if (this.#failure !== undefined) batch.reject(this.#failure);
    // One without a record only ends the segment, which may make room.
    else if (this.#waiting === undefined || (this.#waiting.length === 0 && batch.used === 0)) this.#handOver(batch);
    else this.#waiting.push(batch);
  }

  /** Says whether there is so little disk space that no record is to be written until there is more. */
  set outOfSpace(out: boolean) {
    if (out) {
      this.#waiting ??= [];
      return;
    }
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const batch of waiting) this.submit(batch);
  }

  #handOver(batch: Batch): void {
    const { buffer, used, pooled, roll } = batch;
    batch.handedAtMs = performance.now();
    this.#inflight.push(batch);
    this.#post({ type: 'batch', buffer, used, pooled, roll }, [buffer]);
  }

  /** Lets segments that nobody needs be removed from now on; `settled` is what no cursor or held list tells of. */
  release(settled: readonly SettledBefore[]): void {
    this.#post({ type: 'release', settled });
  }

  /**
   * Says whether disk space is short: spare segments then go, within a second, and no more are kept; retained ones go one
   * after the other, the oldest first, for as long as it is.
   */
  set shortOfSpace(short: boolean) {
    Atomics.store(this.#shared.words, WriterShared.SHORT_OF_SPACE, short ? 1 : 0);
  }

  /**
   * Removes a queue that nothing is put into any more. Resolves when no start will know of it again, whatever happens;
   * then what it kept on disk becomes free.
   *
   * @throws (rejects) JOURNAL_FAILED; HUB_NOT_RUNNING when the thread is to end.
   */
  removeQueue(queue: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.reject(new PenstockError('HUB_NOT_RUNNING', 'the hub is stopping'));
    return new Promise((resolve, reject) => {
      this.#removals.set(queue, { resolve, reject });
      this.#post({ type: 'remove-queue', queue });
    });
  }

  /**
   * Holds segments although nobody needs them, for whoever searches them. Resolves when none goes any more that holds
   * anything from a position on.
   *
   * @throws (rejects) JOURNAL_FAILED; HUB_NOT_RUNNING when the thread is to end.
   */
  pin(from: number): Promise<JournalPin> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.reject(new PenstockError('HUB_NOT_RUNNING', 'the hub is stopping'));
    return this.#pins.pin(from);
  }

  /** Commits what was handed over, ends the segment, and ends the thread. */
  async close(): Promise<void> {
    if (this.#worker === undefined) return;
    this.#ended = true;
    this.#post({ type: 'close' });
    await this.#exited;
    this.#worker = undefined;
    this.#settleCommitted();
    this.#wake();
    await this.#watching;
    this.#port?.close();
    this.#spare.length = 0;
  }

  #post(message: ToWriter, transfer: ArrayBuffer[] = []): void {
    this.#port?.postMessage(message, transfer);
    Atomics.add(this.#shared.words, WriterShared.SUBMITTED, 1);
    Atomics.notify(this.#shared.words, WriterShared.SUBMITTED);
  }

  /** Waits for commits without a timer: an untimed wait leaks nothing, and the thread keeps the process alive. */
  async #watch(): Promise<void> {
    const { words } = this.#shared;
    while (this.#worker !== undefined && this.#failure === undefined) {
      const signal = Atomics.load(words, WriterShared.SIGNAL);
      this.#settleCommitted();
      const wait = Atomics.waitAsync(words, WriterShared.SIGNAL, signal);
      if (wait.async) await wait.value;
    }
  }

  #wake(): void {
    Atomics.add(this.#shared.words, WriterShared.SIGNAL, 1);
    Atomics.notify(this.#shared.words, WriterShared.SIGNAL);
  }

  /** Takes note of commits, and then of what the journal thread has sent. */
  #settleCommitted(): void {
    this.#resolveCommitted();
    this.#drainPort();
  }

  #resolveCommitted(): void {
    const committed = Atomics.load(this.#shared.words, WriterShared.COMMITTED);
    for (; this.#seen !== committed; this.#seen = (this.#seen + 1) | 0) {
      const batch = this.#inflight.shift();
      if (batch === undefined) throw new Error('more batches were committed than handed over');
      batch.resolve();
      this.#events.committed(batch);
    }
  }

  #drainPort(): void {
    if (this.#port === undefined) return;
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: FromWriter } | undefined;
      if (received === undefined) return;
      this.#receive(received.message);
    }
  }

  #receive(message: FromWriter): void {
    switch (message.type) {
      case 'opened':
        this.#opened?.(message.report);
        break;
      case 'buffer':
        if (this.#spare.length < MOST_SPARE_BUFFERS) this.#spare.push(message.buffer);
        break;
      case 'segment-removed':
        this.#events.segmentRemoved(message.segment, message.bytes);
        break;
      case 'queue-removed':
        this.#removals.get(message.queue)?.resolve();
        this.#removals.delete(message.queue);
        break;
      case 'pinned':
        this.#pins.noted(message.pin);
        break;
      case 'failed':
        this.fail(fromErrorData(message.error));
        break;
    }
  }

  /** Nothing more is committed, for this reason. */
  fail(cause: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure =
      cause instanceof PenstockError
        ? cause
        : new PenstockError('JOURNAL_FAILED', `the journal cannot be written: ${cause.message}`, { cause });
    // What was committed before it failed is committed.
    this.#resolveCommitted();
    for (const batch of this.#inflight.splice(0)) batch.reject(this.#failure);
    for (const batch of this.#waiting?.splice(0) ?? []) batch.reject(this.#failure);
    for (const removal of this.#removals.values()) removal.reject(this.#failure);
    this.#removals.clear();
    this.#pins.fail(this.#failure);
    this.#events.failed(this.#failure);
    this.#wake();
  }
}
