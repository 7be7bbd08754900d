// Publishes over ZeroMQ to a hub's ROUTER, one message after the other, and knows which of them the hub has said to have
// committed. What a killed hub has not answered is not sent again, so no message comes twice by the publisher's doing.
import { onTestFinished } from 'vitest';
import { Dealer } from 'zeromq';
import { until } from './until.js';

/** Messages on their way to the hub, at most. */
const MOST_UNANSWERED = 100;

export interface Published {
  readonly id: string;
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export class RouterPublisher {
  /** Ids of messages that the hub has answered, in the order of its answers. */
  readonly accepted: string[] = [];
  /** What the hub has refused: id and code. */
  readonly refused: string[] = [];
  readonly #socket = new Dealer({ linger: 0 });
  #sent = 0;
  /** How many of those sent no longer count as on their way: a killed hub has had them, or will never. */
  #givenUp = 0;

  /** @param endpoint Of the hub's ROUTER socket. Call it inside a test. */
  constructor(endpoint: string) {
    this.#socket.connect(endpoint);
    onTestFinished(() => this.#socket.close());
    void this.#receive();
  }

  /** Resolves when the message is on its way; waits while too many are. */
  async send({ id, topic, headers, body }: Published): Promise<void> {
    await until('the hub answers', () => this.#sent - this.#givenUp - this.#answered < MOST_UNANSWERED);
    this.#sent++;
    await this.#socket.send([id, topic, JSON.stringify({ id, ...headers }), body]);
  }

  /** The hub is gone: what it has not answered may or may not be in its journal. */
  giveUp(): void {
    this.#givenUp = this.#sent - this.#answered;
  }

  get #answered(): number {
    return this.accepted.length + this.refused.length;
  }

  async #receive(): Promise<void> {
    for await (const [id, how, code] of this.#socket) {
      if (String(how) === 'ok') this.accepted.push(String(id));
      else this.refused.push(`${id}: ${code}`);
    }
  }
}
