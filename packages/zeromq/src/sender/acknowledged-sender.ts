// Sends over DEALER to a ROUTER source, which answers each message when it is committed. What gets no answer is sent
// again under the same id, so that a hub that was restarted in between has it once or twice, and never not at all.
import { setTimeout as sleep } from 'node:timers/promises';
import { PenstockError } from '@penstock/hub/source';
import { Dealer } from 'zeromq';
import { isIpv6 } from '../endpoint.js';
import { connect, Leaving } from './leaving.js';
import { isTimeout, type Sender, type SenderOptions, type SentMessage, unreachable } from './sender.js';

/** How long an answer is awaited before what has none is sent again, in milliseconds. */
const SEND_AGAIN_MS = 2_000;

/** Messages and answers that may lie in the socket; a hub drops an answer for which there is no room. */
const HIGH_WATER_MARK = 10_000;

/** Not now, but perhaps soon: the hub stops, or has no room. */
const LATER: ReadonlySet<string> = new Set(['HUB_NOT_RUNNING', 'QUEUE_FULL', 'DISK_LIMIT']);

/** How soon messages are sent again when all that have no `ok` were refused for now, in milliseconds: doubled up to the most. */
const REFUSED_AGAIN_MS = { first: 50, most: 1_000 } as const;

/** What a hub says to a message: where it lies, or why it is to be sent again later. */
type Answer = { readonly id: string; readonly position: number } | { readonly id: string; readonly later: string };

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

  /**
   * @throws MESSAGE_REFUSED with the hub's code, QUEUE_FULL or DISK_LIMIT when the hub had no room for long; the messages
   *   behind it may have been committed nevertheless.
   */
  async send(messages: readonly SentMessage[], sent: (position: number) => void): Promise<void> {
    const waiting = new Map(messages.map((message) => [message.id, message]));
    /** Of those, the ones that were refused for now, with the code. */
    const refused = new Map<string, string>();
    /** Positions that came before those of messages ahead of them. */
    const positions = new Map<string, number>();
    let told = 0;
    let pauseMs: number = REFUSED_AGAIN_MS.first;
    await this.#request(waiting.values());
    let takenAtMs = performance.now();
    while (waiting.size > 0) {
      const reply = refused.size < waiting.size ? await this.#receive() : undefined;
      if (reply === undefined) {
        if (performance.now() - takenAtMs >= this.#options.timeoutMs)
          throw this.#notTaken([...refused.values()].at(-1));
        // Without a pause, a hub that has no room would be asked as fast as it can answer.
        if (refused.size === waiting.size) await sleep(pauseMs);
        pauseMs = Math.min(2 * pauseMs, REFUSED_AGAIN_MS.most);
        refused.clear();
        await this.#request(waiting.values());
        continue;
      }
      const { id } = reply;
      if (!waiting.has(id)) continue;
      if ('later' in reply) {
        refused.set(id, reply.later);
        continue;
      }
      waiting.delete(id);
      refused.delete(id);
      takenAtMs = performance.now();
      pauseMs = REFUSED_AGAIN_MS.first;
      positions.set(id, reply.position);
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

  /** An answer; undefined when none comes in time. */
  async #receive(): Promise<Answer | undefined> {
    let frames: Buffer[];
    try {
      frames = await this.#socket.receive();
    } catch (error) {
      if (isTimeout(error)) return undefined;
      throw error;
    }
    const [id = '', outcome, detail = ''] = frames.map(String);
    if (outcome === 'ok') return { id, position: Number(detail) };
    if (LATER.has(detail)) return { id, later: detail };
    throw new PenstockError(
      'MESSAGE_REFUSED',
      `${this.#options.endpoint} refused message "${id}": ${detail || frames}`,
    );
  }

  /** @param code With which messages were refused last, if any were. */
  #notTaken(code: string | undefined): PenstockError {
    const { endpoint, timeoutMs } = this.#options;
    if (code !== 'QUEUE_FULL' && code !== 'DISK_LIMIT') {
      return unreachable(this.#options, 'no answer came that the message was committed');
    }
    const what = code === 'QUEUE_FULL' ? 'a queue that it would go into is full' : 'its data directory is full';
    return new PenstockError(code, `${endpoint}: the hub there took no message within ${timeoutMs} ms: ${what}`);
  }
}
