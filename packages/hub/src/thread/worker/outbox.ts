// What consume() publishes, on its way to the main thread: records gathered as long as more come, for a few milliseconds
// at most, and sent as one message, so that neither thread, nor the journal, nor whoever gets them is woken for each.
import type { MessagePort } from 'node:worker_threads';
import { fromErrorData } from '../../errors.js';
import { dataRoom, encodeData } from '../../journal/encode.js';
import { viewOf } from '../../journal/record.js';
import { type Body, checkBody, checkHeaders, type Headers } from '../../message.js';
import { checkTopic } from '../../topic.js';
import type { FromThread, ToThread } from '../protocol.js';

const FIRST_BYTES = 16 * 1024;
const SEND_AT_BYTES = 128 * 1024;

/** Records wait for more of them no longer than this, and not at all when a turn of the event loop brings none. */
const GATHER_MS = 10;

/** Memory that came back and is kept for what is published next; what is larger had a large message in it, and goes. */
const MOST_SPARE = 4;
const MOST_SPARE_BYTES = 2 * SEND_AT_BYTES;

/** Topics whose bytes are remembered. */
const MOST_TOPICS = 1_024;

const NONE = Buffer.alloc(0);

interface Sent {
  readonly committed: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

export class Outbox {
  readonly #port: MessagePort;
  readonly #maxMessageBytes: number;
  readonly #sent = new Map<number, Sent>();
  readonly #spare: ArrayBuffer[] = [];
  readonly #topics = new Map<string, Uint8Array>();
  readonly #endTurn = () => this.#sendUnlessMoreComes();
  #batch = 0;
  #bytes = NONE;
  #view = viewOf(NONE);
  #used = 0;
  #current: Sent | undefined;
  /** When the first of the current records came, on the thread's monotonic clock. */
  #sinceMs = 0;
  /** How many bytes of them there were at the end of the turn before. */
  #usedBefore = 0;
  /** Whether the end of the turn is waited for. */
  #watching = false;

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
    const encoded = this.#topics.get(topic) ?? this.#encodeTopic(topic);
    if (headers !== undefined) checkHeaders(headers);
    checkBody(topic, encoded.length, body, this.#maxMessageBytes);
    const fields = { topic: encoded, body, headers, id };
    this.#makeRoom(dataRoom(fields));
    this.#used += encodeData(this.#bytes, this.#view, this.#used, fields);
    this.#current ??= this.#begin();
    const { committed } = this.#current;
    if (this.#used >= SEND_AT_BYTES) this.send();
    return committed;
  }

  /** Sends what was gathered, without waiting for more. */
  send(): void {
    const sent = this.#current;
    if (sent === undefined) return;
    const batch = this.#batch++;
    this.#sent.set(batch, sent);
    const records = new Uint8Array(this.#view.buffer as ArrayBuffer, 0, this.#used);
    this.#port.postMessage({ type: 'publish', batch, records } satisfies FromThread, [records.buffer]);
    this.#current = undefined;
    this.#bytes = NONE;
    this.#used = 0;
  }

  /** Takes the main thread's answer. */
  receive(message: Extract<ToThread, { type: 'published' | 'publish-failed' }>): void {
    const sent = this.#sent.get(message.batch);
    this.#sent.delete(message.batch);
    if (message.type === 'published') {
      const { memory } = message;
      if (memory.byteLength <= MOST_SPARE_BYTES && this.#spare.length < MOST_SPARE) this.#spare.push(memory);
      sent?.resolve();
    } else sent?.reject(fromErrorData(message.error));
  }

  #begin(): Sent {
    this.#sinceMs = performance.now();
    this.#usedBefore = 0;
    this.#watch();
    return newSent();
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    setImmediate(this.#endTurn);
  }

  #sendUnlessMoreComes(): void {
    this.#watching = false;
    if (this.#current === undefined) return;
    if (this.#used === this.#usedBefore || performance.now() - this.#sinceMs >= GATHER_MS) {
      this.send();
      return;
    }
    this.#usedBefore = this.#used;
    this.#watch();
  }

  #encodeTopic(topic: string): Uint8Array {
    checkTopic(topic);
    const encoded = new TextEncoder().encode(topic);
    if (this.#topics.size === MOST_TOPICS) this.#topics.clear();
    this.#topics.set(topic, encoded);
    return encoded;
  }

  #makeRoom(room: number): void {
    const needed = this.#used + room;
    if (needed <= this.#bytes.length) return;
    const spare = this.#used === 0 ? this.#spare.pop() : undefined;
    const larger =
      spare !== undefined && spare.byteLength >= needed
        ? Buffer.from(spare)
        : Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * this.#bytes.length, needed));
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
