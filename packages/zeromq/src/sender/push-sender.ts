// Sends over PUSH: fast, and without an answer. What was sent has left this process, no more is known.
import { Push } from 'zeromq';
import { isIpv6 } from '../endpoint.js';
import { connect, Leaving } from './leaving.js';
import { isTimeout, type Sender, type SenderOptions, type SentMessage, unreachable } from './sender.js';

export class PushSender implements Sender {
  readonly #socket = new Push();
  readonly #options: SenderOptions;
  readonly #leaving: Leaving;
  #connected = false;

  /** Begins to connect. */
  constructor(options: SenderOptions) {
    this.#options = options;
    // Nothing is queued for a peer that is not there: the first send waits for the connection.
    this.#socket.immediate = true;
    this.#socket.sendTimeout = options.timeoutMs;
    this.#socket.linger = 0;
    this.#socket.ipv6 = isIpv6(options.endpoint);
    this.#leaving = new Leaving(this.#socket, this.#socket.events, options);
    connect(this.#socket, options.endpoint);
  }

  async send(messages: readonly SentMessage[], sent: (position: undefined) => void): Promise<void> {
    for (const { topic, headers, body } of messages) {
      const frames = headers === undefined ? [topic, body] : [topic, JSON.stringify(headers), body];
      await this.#socket.send(frames as (string | Buffer)[]).catch((error: unknown) => this.#explain(error));
      this.#connected = true;
      sent(undefined);
    }
  }

  close(): Promise<void> {
    return this.#connected ? this.#leaving.leave() : this.#leaving.close();
  }

  #explain(error: unknown): never {
    if (!isTimeout(error)) throw error;
    const why = this.#connected ? 'the PULL socket there made no room' : 'no PULL socket answered there';
    throw unreachable(this.#options, why, error);
  }
}
