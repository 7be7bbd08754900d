// Tells in the hub's log what was published over the control socket: the first message at once, and of a flood one
// line a second with how many there were.
import type { Logger } from '../consumer-context.js';

const LINE_EVERY_MS = 1_000;

export class PublishLog {
  readonly #log: Logger;
  #messages = 0;
  #topic = '';
  #otherTopics = false;
  /** Runs for as long as no line may be written. */
  #pause: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  note(topic: string): void {
    if (this.#messages++ === 0) this.#topic = topic;
    else if (topic !== this.#topic) this.#otherTopics = true;
    if (this.#pause === undefined) this.#write();
  }

  /** Writes what has no line yet. */
  end(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    if (this.#messages > 0) this.#write();
    clearTimeout(this.#pause);
  }

  #write(): void {
    const topics = `"${this.#topic}"${this.#otherTopics ? ' and other topics' : ''}`;
    const messages = this.#messages === 1 ? '1 message' : `${this.#messages} messages`;
    this.#log.info(`${messages} published to ${topics} by command`);
    this.#messages = 0;
    this.#otherTopics = false;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#messages > 0) this.#write();
    }, LINE_EVERY_MS).unref();
  }
}
