// One queue in the journal thread: where its next entry goes, and the counters the others read.
import type { OrderKey } from '../../consumer.js';
import { PenstockError } from '../../errors.js';
import type { Files } from '../../files/files.js';
import type { QueueBase } from '../../journal/segment.js';
import { positionOfName } from '../../journal/segment.js';
import {
  ENTRY_BYTES,
  FOOTER_BYTES,
  INDEX_HEADER_BYTES,
  type IndexSummary,
  IndexWriter,
  summarizeIndex,
} from '../../queue/index-file.js';
import { monotonicSecond, QueueShared } from '../../queue/shared.js';
import type { WriterQueue } from '../protocol.js';

/** In a flood, a consumer is woken for this many entries, … */
const WORTH_WAKING = 64;
/** … or when it has not been for this long, in milliseconds (docs/decisions/0014). */
export const WAKE_WITHIN_MS = 10;

export class EnqueuedQueue {
  readonly number: number;
  readonly name: string;
  readonly directory: string;
  readonly shared: QueueShared;
  /** What makes its messages belong together; undefined where they do not. */
  readonly orderKey: OrderKey | undefined;
  /** Index files with their footers, by the first position of their segment; read when first needed. */
  #closed: Map<number, IndexSummary> | undefined;
  readonly #files: Files;
  #index: IndexWriter | undefined;
  #enqueued = 0;
  #enqueuedBytes = 0;
  #fresh = false;
  #committed = 0;
  /** What had been committed when the consumer was woken last, and when that was. */
  #heard = 0;
  #heardAtMs = 0;

  constructor(files: Files, queue: WriterQueue) {
    this.#files = files;
    this.number = queue.number;
    this.name = queue.name;
    this.directory = queue.directory;
    this.orderKey = queue.orderKey;
    this.shared = new QueueShared(queue.shared, queue.shape);
  }

  /** Says how far the queue has come, before anything is committed to it. */
  begin({ enqueued, enqueuedBytes }: Omit<QueueBase, 'number'>): void {
    this.#enqueued = enqueued;
    this.#enqueuedBytes = enqueuedBytes;
    this.#fresh = false;
    this.#heard = enqueued;
    this.#publish();
  }

  get base(): QueueBase {
    return { number: this.number, enqueued: this.#enqueued, enqueuedBytes: this.#enqueuedBytes };
  }

  /** Adds an entry to the index file of the segment that begins at `segment`; visible after {@link commit}. */
  add(segment: number, position: number, length: number, keyHash: number): void {
    this.#index ??= new IndexWriter(this.#files, this.directory, {
      queueNumber: this.number,
      firstPosition: segment,
      baseOrdinal: this.#enqueued,
      baseBytes: this.#enqueuedBytes,
    });
    this.#index.add(position, length, keyHash);
    this.#enqueued++;
    this.#enqueuedBytes += length;
    this.#fresh = true;
  }

  /** Writes new entries and counts them: from now on the consumer may take them. */
  commit(): void {
    if (!this.#fresh) return;
    this.#fresh = false;
    this.#index?.flush();
    this.#publish();
    this.shared.notePeak(monotonicSecond(), this.shared.backlog());
  }

  /**
   * Wakes the consumer, if something was committed since it was woken last.
   *
   * @param nowMs The monotonic clock.
   * @param flood Whether so much is being committed that the consumer of a few entries may have to wait a little: each
   *   time, it costs more to wake it than to deliver them.
   * @returns Whether nothing is left that the consumer was not woken for.
   */
  wake(nowMs: number, flood: boolean): boolean {
    const unheard = this.#committed - this.#heard;
    if (unheard === 0) return true;
    if (flood && unheard < WORTH_WAKING && nowMs - this.#heardAtMs < WAKE_WITHIN_MS) return false;
    this.#heard = this.#committed;
    this.#heardAtMs = nowMs;
    this.shared.notify();
    return true;
  }

  /** Ends the index file: its segment takes no more. */
  endSegment(): void {
    if (this.#index === undefined) return;
    const summary = this.#index.close();
    // Only the last segment's index files are ever made anew: the name has to be as durable as what is in it.
    this.#files.syncDirectory(this.directory);
    this.#closed?.set(summary.header.firstPosition, summary);
    this.#index = undefined;
  }

  /** Lets go of the index file without ending it. */
  abandon(): void {
    this.#index?.abandon();
    this.#index = undefined;
  }

  /** The index files that have ended, by the first position of their segment. */
  get closedIndexes(): Map<number, IndexSummary> {
    this.#closed ??= new Map(
      this.#files
        .list(this.directory)
        .filter((name) => positionOfName(name, '.idx') !== undefined)
        .map((name) => summarizeUnlessDamaged(this.#files, `${this.directory}/${name}`))
        .filter((summary) => summary !== undefined)
        .filter(({ closed }) => closed)
        .map((summary) => [summary.header.firstPosition, summary]),
    );
    return this.#closed;
  }

  /** The index file being written, if there is one. */
  get openIndex(): { baseOrdinal: number; entries: number; reach: number } | undefined {
    return this.#index === undefined
      ? undefined
      : { baseOrdinal: this.#index.header.baseOrdinal, entries: this.#index.entries, reach: this.#index.reach };
  }

  /** What its index files take. */
  get indexBytes(): number {
    let bytes = INDEX_HEADER_BYTES + (this.#index?.entries ?? 0) * ENTRY_BYTES;
    for (const { entries } of this.closedIndexes.values())
      bytes += INDEX_HEADER_BYTES + entries * ENTRY_BYTES + FOOTER_BYTES;
    return bytes;
  }

  #publish(): void {
    this.#committed = this.#enqueued;
    this.shared.enqueuedBytes.set(this.#enqueuedBytes);
    this.shared.enqueued.set(this.#enqueued);
  }
}

/** One that was damaged since the journal was opened counts for nothing: the next start makes it anew. */
function summarizeUnlessDamaged(files: Files, path: string): IndexSummary | undefined {
  try {
    return summarizeIndex(files, path);
  } catch (error) {
    if (error instanceof PenstockError && error.code === 'DATA_DAMAGED') return undefined;
    throw error;
  }
}
