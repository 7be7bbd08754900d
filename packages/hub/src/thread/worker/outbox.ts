// What consume() publishes, on its way to the main thread: records gathered through one turn and sent as one
// message, so that publishing costs no message of the thread's for each of theirs.
import type { MessagePort } from 'node:worker_threads';
import { fromErrorData } from '../../errors.js';
import { dataRoom, encodeData } from '../../journal/encode.js';
import { viewOf } from '../../journal/record.js';
import { type Body, checkBody, checkHeaders, type Headers } from '../../message.js';
import { checkTopic } from '../../topic.js';
import type { FromThread, ToThread } from '../protocol.js';

const FIRST_BYTES = 16 * 1024;
const SEND_AT_BYTES = 128 * 1024;

interface Sent {
  readonly committed: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

export class Outbox {
  readonly #port: MessagePort;
  readonly #maxMessageBytes: number;
  readonly #sent = new Map<number, Sent>();
  #batch = 0;
  #bytes = Buffer.alloc(0);
  #view = viewOf(this.#bytes);
  #used = 0;
  #current: Sent | undefined;

  constructor(port: MessagePort, maxMessageBytes: number) {
    this.#port = port;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Takes a message; resolves when it is committed.
   *
   * @throws TOPIC_INVALID, BODY_INVALID, HEADERS_INVALID, HEADERS_TOO_LARGE, MESSAGE_TOO_LARGE
   */
  publish(topic: string, body: Body, headers: Headers | undefined, id: string): Promise<void> {
    checkTopic(topic);
    if (headers !== undefined) checkHeaders(headers);
    const encoded = new TextEncoder().encode(topic);
    checkBody(topic, encoded.byteLength, body, this.#maxMessageBytes);
    const fields = { topic: encoded, body, headers, id };
    const room = dataRoom(fields);
    this.#makeRoom(room);
    this.#used += encodeData(this.#bytes, this.#view, this.#used, fields);
    if (this.#current === undefined) {
      this.#current = newSent();
      setImmediate(() => this.send());
    }
    const { committed } = this.#current;
    if (this.#used >= SEND_AT_BYTES) this.send();
    return committed;
  }

  /** Sends what was gathered, without waiting for the end of the turn. */
  send(): void {
    const sent = this.#current;
    if (sent === undefined) return;
    const batch = this.#batch++;
    this.#sent.set(batch, sent);
    const records = new Uint8Array(this.#bytes.buffer, 0, this.#used);
    this.#port.postMessage({ type: 'publish', batch, records } satisfies FromThread, [records.buffer as ArrayBuffer]);
    this.#current = undefined;
    this.#bytes = Buffer.alloc(0);
    this.#view = viewOf(this.#bytes);
    this.#used = 0;
  }

  /** Takes the main thread's answer. */
  receive(message: Extract<ToThread, { type: 'published' | 'publish-failed' }>): void {
    const sent = this.#sent.get(message.batch);
    this.#sent.delete(message.batch);
    if (message.type === 'published') sent?.resolve();
    else sent?.reject(fromErrorData(message.error));
  }

  #makeRoom(room: number): void {
    if (this.#used + room <= this.#bytes.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * this.#bytes.byteLength, this.#used + room));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

function newSent(): Sent {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const committed = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // A consumer that does not await it is told by its delivery, which then does not settle.
  committed.catch(() => {});
  return { committed, resolve, reject };
}
