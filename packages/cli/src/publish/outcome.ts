// What came of a publishing, counted while it is under way and told at its end.
import { formatCount, formatDuration, formatRate } from '../table/format.js';
import type { Place, Target } from './target.js';

export class Outcome {
  readonly #kind: Target['outcome'];
  readonly #startedAtMs = performance.now();
  messages = 0;
  #first: Place | undefined;
  #last: Place | undefined;

  constructor(kind: Target['outcome']) {
    this.#kind = kind;
  }

  /** Counts a message that is certain; returns how many there are now. */
  note(place: Place | undefined): number {
    this.#first ??= place;
    this.#last = place;
    return ++this.messages;
  }

  /** `1,000 messages committed`; `1 message handed over` */
  get counted(): string {
    return `${formatCount(this.messages)} ${this.messages === 1 ? 'message' : 'messages'} ${this.#kind}`;
  }

  /** One line for people. */
  text(): string {
    const [first, last] = [this.#first, this.#last];
    if (this.messages === 1) {
      return first === undefined ? this.counted : `${this.#kind} at position ${first.position}, id ${first.id}`;
    }
    const seconds = this.#seconds();
    const took = this.messages === 0 ? '' : ` in ${formatDuration(seconds)} (${formatRate(this.messages / seconds)}/s)`;
    const where = first && last ? `, positions ${first.position} to ${last.position}` : '';
    return `${this.counted}${took}${where}`;
  }

  /** One JSON object; positions and ids where the other end told them. */
  json(): string {
    const seconds = this.#seconds();
    return JSON.stringify({
      outcome: this.#kind,
      messages: this.messages,
      seconds: Number(seconds.toFixed(3)),
      perSecond: Number((this.messages / seconds).toFixed(1)),
      first: this.#first,
      last: this.#last,
    });
  }

  #seconds(): number {
    return (performance.now() - this.#startedAtMs) / 1_000;
  }
}
