// Makes messages of bodies, and requests of messages: as many together as one request to a hub takes.
import { type OutgoingMessage, REQUEST_BYTES } from '@penstock/hub/control';

/** Most messages in one request. */
const MOST_TOGETHER = 1_000;

/** What a message takes in a request beside its body, topic and headers: lengths, names, and the number in its id. */
const FIXED_BYTES = 128;

export interface MessageOptions {
  readonly header?: Readonly<Record<string, string>>;
  /** The message's id; of several messages, what their ids begin with. */
  readonly id?: string;
  readonly count?: number;
  readonly lines?: boolean;
}

export class Requests {
  readonly #topic: string;
  readonly #headers: Readonly<Record<string, string>> | undefined;
  readonly #id: string | undefined;
  readonly #numbered: boolean;
  readonly #headBytes: number;
  #made = 0;

  constructor(topic: string, { header, id, count = 1, lines = false }: MessageOptions) {
    this.#topic = topic;
    this.#headers = header;
    this.#id = id;
    this.#numbered = count > 1 || lines;
    this.#headBytes = FIXED_BYTES + Buffer.byteLength(JSON.stringify({ topic, header, id }));
  }

  /** How many messages with bodies of this size one request takes; 1 at least. */
  readonly most = (bodyBytes: number): number =>
    Math.max(1, Math.min(MOST_TOGETHER, Math.floor(REQUEST_BYTES / (bodyBytes + this.#headBytes))));

  /** The messages with these bodies, in order, request by request. */
  *of(bodies: readonly Uint8Array[]): Generator<readonly OutgoingMessage[]> {
    let request: OutgoingMessage[] = [];
    let bytes = 0;
    for (const body of bodies) {
      const messageBytes = body.byteLength + this.#headBytes;
      if (request.length === MOST_TOGETHER || (request.length > 0 && bytes + messageBytes > REQUEST_BYTES)) {
        yield request;
        request = [];
        bytes = 0;
      }
      request.push({ topic: this.#topic, headers: this.#headersOfNext(), body });
      bytes += messageBytes;
    }
    if (request.length > 0) yield request;
  }

  #headersOfNext(): Readonly<Record<string, string>> | undefined {
    this.#made++;
    if (this.#id === undefined) return this.#headers;
    return { ...this.#headers, id: this.#numbered ? `${this.#id}-${this.#made}` : this.#id };
  }
}
