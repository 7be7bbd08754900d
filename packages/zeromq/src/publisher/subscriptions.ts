// What one subscriber wants: the beginnings of topics, each counted as often as it asked for it, as ZeroMQ does.
import { ZmtpError } from './zmtp-wire.js';

/** Beginnings one subscriber may ask for; each is compared with every message. */
const MOST_PREFIXES = 10_000;

export class Subscriptions {
  readonly #counts = new Map<string, number>();

  /** @throws ZmtpError when there are too many. */
  add(prefix: Buffer): void {
    const text = prefix.toString('utf8');
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
    if (this.#counts.size > MOST_PREFIXES) throw new ZmtpError(`it has over ${MOST_PREFIXES} subscriptions`);
  }

  cancel(prefix: Buffer): void {
    const text = prefix.toString('utf8');
    const count = this.#counts.get(text) ?? 0;
    if (count > 1) this.#counts.set(text, count - 1);
    else this.#counts.delete(text);
  }

  matches(topic: string): boolean {
    if (this.#counts.has('')) return true;
    for (const prefix of this.#counts.keys()) if (topic.startsWith(prefix)) return true;
    return false;
  }
}
