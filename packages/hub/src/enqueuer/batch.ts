// Records gathered for the journal thread: one buffer, filled in place, then handed over whole. Plain memory
// that is transferred: copying into shared memory takes ten times as long (docs/decisions/0002).
import { type DataFields, type Entry, encodeData, encodeRef, encodeRoute, placeRecord } from '../journal/encode.js';
import { AT, RecordFlag, sealRecord } from '../journal/record.js';

/** Size of a buffer that is used again and again; a larger message gets one of its own. */
export const BATCH_BYTES = 256 * 1024;

export class Batch {
  readonly buffer: ArrayBuffer;
  /** Whether the journal thread is to send the buffer back. */
  readonly pooled: boolean;
  /** Whether a new segment begins with it. */
  readonly roll: boolean;
  /** Resolves when all in it is committed. */
  readonly committed: Promise<void>;
  resolve!: () => void;
  reject!: (error: Error) => void;
  /** Monotonic, in milliseconds; when the batch was handed over. */
  handedAtMs = 0;
  /** The position after its last record. */
  endPosition = 0;
  used = 0;
  readonly #bytes: Buffer;
  readonly #view: DataView;

  constructor(buffer: ArrayBuffer, roll: boolean) {
    this.buffer = buffer;
    this.pooled = buffer.byteLength === BATCH_BYTES;
    this.roll = roll;
    this.#bytes = Buffer.from(buffer);
    this.#view = new DataView(buffer);
    this.committed = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever published without awaiting hears of a failure from the hub, not as an unhandled rejection.
    this.committed.catch(() => {});
  }

  hasRoom(bytes: number): boolean {
    return this.used + bytes <= this.buffer.byteLength;
  }

  addData(fields: DataFields, position: number, time: number, route: number): number {
    const length = encodeData(this.#bytes, this.#view, this.used, fields);
    return this.#place(length, position, time, route);
  }

  /** Adds a message that one queue alone is given again, and that no search through the journal is to find. */
  addRequeued(fields: DataFields, position: number, time: number, route: number): number {
    const length = encodeData(this.#bytes, this.#view, this.used, fields);
    this.#view.setUint8(this.used + AT.flags, RecordFlag.REQUEUED);
    return this.#place(length, position, time, route);
  }

  /** Adds a record that a consumer's thread has encoded. */
  addEncoded(record: Uint8Array, position: number, time: number, route: number): number {
    this.#bytes.set(record, this.used);
    return this.#place(record.byteLength, position, time, route);
  }

  addRoute(queues: readonly number[], position: number, time: number, route: number): number {
    return this.#place(encodeRoute(this.#view, this.used, queues), position, time, route);
  }

  addRef(entries: readonly Entry[], position: number, time: number, queue: number): number {
    return this.#place(encodeRef(this.#view, this.used, entries), position, time, queue);
  }

  #place(length: number, position: number, time: number, route: number): number {
    placeRecord(this.#view, this.used, position, time, route);
    // Here and not in the journal thread, where it would lie in the way of every commit: what was just written is
    // in this core's cache, and takes half the time to be read (docs/decisions/0002).
    sealRecord(this.#view, this.used, length);
    this.used += length;
    this.endPosition = position + length;
    return length;
  }
}
