// What one subscriber wants: the beginnings of topics, each counted as often as it asked for it, as ZeroMQ does.
import { ZmtpError } from './zmtp-wire.js';

/** Different beginnings that one subscriber may ask for; each is compared with every message. */
const MOST_PREFIXES = 10_000;

/** What they may take together, in bytes. */
const MOST_BYTES = 1024 * 1024;

/** A topic as {@link Subscriptions.matches} compares it: byte by byte, since a beginning may end within a character. */
export const topicBytes = (topic: string): string => Buffer.from(topic).toString('latin1');

export class Subscriptions {
  readonly #counts = new Map<string, number>();
  #bytes = 0;

  /** @throws ZmtpError when there are too many, or they take too much memory. */
  add(prefix: Buffer): void {
    const text = prefix.toString('latin1');
    const count = this.#counts.get(text) ?? 0;
    this.#counts.set(text, count + 1);
    if (count > 0) return;
    this.#bytes += text.length;
    if (this.#counts.size > MOST_PREFIXES) throw new ZmtpError(`it has over ${MOST_PREFIXES} subscriptions`);
    if (this.#bytes > MOST_BYTES) throw new ZmtpError(`its subscriptions take over ${MOST_BYTES} bytes`);
  }

  cancel(prefix: Buffer): void {
    const text = prefix.toString('latin1');
    const count = this.#counts.get(text) ?? 0;
    if (count > 1) this.#counts.set(text, count - 1);
    else if (this.#counts.delete(text)) this.#bytes -= text.length;
  }

  /** @param topic As {@link topicBytes} makes it. */
  matches(topic: string): boolean {
    if (this.#counts.has('')) return true;
    for (const prefix of this.#counts.keys()) if (topic.startsWith(prefix)) return true;
    return false;
  }
}
