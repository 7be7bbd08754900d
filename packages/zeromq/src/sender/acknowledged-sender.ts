// Sends over DEALER to a ROUTER source, which answers each message when it is committed. What gets no answer is sent
// again under the same id, so that a hub that was restarted in between has it once or twice, and never not at all.
import { PenstockError } from '@penstock/hub/source';
import { Dealer } from 'zeromq';
import { isIpv6 } from '../endpoint.js';
import { connect, Leaving } from './leaving.js';
import { isTimeout, type Sender, type SenderOptions, type SentMessage, unreachable } from './sender.js';

/** How long an answer is awaited before what has none is sent again, in milliseconds. */
const SEND_AGAIN_MS = 2_000;

/** Messages and answers that may lie in the socket; a hub drops an answer for which there is no room. */
const HIGH_WATER_MARK = 10_000;

/** The hub stops, and may be back soon. */
const COMES_BACK = 'HUB_NOT_RUNNING';

export class AcknowledgedSender implements Sender {
  readonly #socket = new Dealer();
  readonly #options: SenderOptions;
  readonly #leaving: Leaving;

  /** Begins to connect. */
  constructor(options: SenderOptions) {
    this.#options = options;
    const socket = this.#socket;
    socket.immediate = true;
    socket.sendTimeout = options.timeoutMs;
    socket.receiveTimeout = Math.min(SEND_AGAIN_MS, options.timeoutMs);
    socket.sendHighWaterMark = HIGH_WATER_MARK;
    socket.receiveHighWaterMark = HIGH_WATER_MARK;
    socket.linger = 0;
    socket.ipv6 = isIpv6(options.endpoint);
    this.#leaving = new Leaving(socket, socket.events, options);
    connect(socket, options.endpoint);
  }

  /** @throws MESSAGE_REFUSED with the hub's code; the messages behind it may have been committed nevertheless. */
  async send(messages: readonly SentMessage[], sent: (position: number) => void): Promise<void> {
    const waiting = new Map(messages.map((message) => [message.id, message]));
    /** Positions that came before those of messages ahead of them. */
    const positions = new Map<string, number>();
    let told = 0;
    await this.#request(waiting.values());
    let answeredAtMs = performance.now();
    while (waiting.size > 0) {
      const reply = await this.#receive();
      if (reply === undefined) {
        if (performance.now() - answeredAtMs >= this.#options.timeoutMs) {
          throw unreachable(this.#options, 'no answer came that the message was committed');
        }
        await this.#request(waiting.values());
        continue;
      }
      const { id, position } = reply;
      if (position === undefined || !waiting.delete(id)) continue;
      answeredAtMs = performance.now();
      positions.set(id, position);
      for (let next = messages[told]; next !== undefined && positions.has(next.id); next = messages[told]) {
        sent(positions.get(next.id) as number);
        positions.delete(next.id);
        told++;
      }
    }
  }

  /** At once: of what was sent, all has its answer, or is known to have none. */
  close(): Promise<void> {
    return this.#leaving.close();
  }

  async #request(messages: Iterable<SentMessage>): Promise<void> {
    for (const { id, topic, headers, body } of messages) {
      const frames = [id, topic, headers === undefined ? '' : JSON.stringify(headers), Buffer.from(body)];
      await this.#socket.send(frames).catch((error: unknown) => {
        if (isTimeout(error)) throw unreachable(this.#options, 'no ROUTER socket answered there', error);
        throw error;
      });
    }
  }

  /** An answer; undefined when none comes in time. Without a position when the message is to be sent again. */
  async #receive(): Promise<{ id: string; position: number | undefined } | undefined> {
    let frames: Buffer[];
    try {
      frames = await this.#socket.receive();
    } catch (error) {
      if (isTimeout(error)) return undefined;
      throw error;
    }
    const [id = '', outcome, detail = ''] = frames.map(String);
    if (outcome === 'ok') return { id, position: Number(detail) };
    if (detail === COMES_BACK) return { id, position: undefined };
    throw new PenstockError(
      'MESSAGE_REFUSED',
      `${this.#options.endpoint} refused message "${id}": ${detail || frames}`,
    );
  }
}
