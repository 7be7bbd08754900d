// What the consumer's threads publish, on its way to the hub: stands in for the hub's enqueuer in the consumer's own
// process. The records of one batch go in one message, and the hub answers when they are committed.
import { type ErrorData, fromErrorData } from '../../../errors.js';
import type { PublishTarget } from '../../publishes.js';
import type { FromChild } from '../protocol.js';

interface Sent {
  resolve(): void;
  reject(error: Error): void;
}

export class ForwardedPublishes implements PublishTarget {
  readonly #send: (message: Extract<FromChild, { type: 'publish' }>) => void;
  readonly #sent = new Map<number, Sent>();
  #records: Uint8Array[] = [];
  #batch = 0;

  constructor(send: (message: Extract<FromChild, { type: 'publish' }>) => void) {
    this.#send = send;
  }

  /** It is the hub that waits while too much is uncommitted; a thread has only so much unanswered. */
  async writable(): Promise<void> {}

  appendEncoded(record: Uint8Array): number {
    return this.#records.push(record);
  }

  /** Sends what was appended; resolves when it is committed. */
  committed(): Promise<void> {
    const batch = this.#batch++;
    const records = Buffer.concat(this.#records);
    this.#records = [];
    return new Promise((resolve, reject) => {
      this.#sent.set(batch, { resolve, reject });
      this.#send({ type: 'publish', batch, records });
    });
  }

  /** Takes the hub's answer. */
  answered(batch: number, error: ErrorData | undefined): void {
    const sent = this.#sent.get(batch);
    this.#sent.delete(batch);
    if (error === undefined) sent?.resolve();
    else sent?.reject(fromErrorData(error));
  }
}
