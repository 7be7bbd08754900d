// What one consumer thread publishes, on the main thread: enqueued in the order it was sent, a batch at a
// time, and answered when committed. While too much is uncommitted it waits here; it is never refused, since
// a consumer that could not publish could not settle either.
import type { MessagePort } from 'node:worker_threads';
import type { Enqueuer } from '../enqueuer/enqueuer.js';
import { toErrorData } from '../errors.js';
import { AT, viewOf } from '../journal/record.js';
import type { FromThread, ToThread } from './protocol.js';

/** Where what consumers publish goes: the hub's enqueuer, or what stands in for it in a consumer's own process. */
export type PublishTarget = Pick<Enqueuer, 'writable' | 'appendEncoded' | 'committed'>;

export class Publishes {
  readonly #enqueuer: PublishTarget;
  readonly #port: MessagePort;
  /** The end of the line of batches. */
  #last: Promise<void> = Promise.resolve();

  constructor(enqueuer: PublishTarget, port: MessagePort) {
    this.#enqueuer = enqueuer;
    this.#port = port;
  }

  take(message: Extract<FromThread, { type: 'publish' }>): void {
    this.#last = this.#last.then(() => this.#enqueue(message));
  }

  async #enqueue({ batch, records }: Extract<FromThread, { type: 'publish' }>): Promise<void> {
    await this.#enqueuer.writable();
    try {
      const view = viewOf(records);
      for (let at = 0; at < records.byteLength; ) {
        const length = view.getUint32(at + AT.length, true);
        this.#enqueuer.appendEncoded(records.subarray(at, at + length));
        at += length;
      }
    } catch (error) {
      this.#answer({ type: 'publish-failed', batch, error: toErrorData(error) });
      return;
    }
    this.#enqueuer.committed().then(
      () => this.#answer({ type: 'published', batch, memory: records.buffer }, [records.buffer]),
      (error: unknown) => this.#answer({ type: 'publish-failed', batch, error: toErrorData(error) }),
    );
  }

  #answer(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}
