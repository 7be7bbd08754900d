// Segments of the journal that somebody reads on purpose, and that are not to go meanwhile though nobody needs them:
// the main thread's side. The journal thread's is the reaper.
import type { ToWriter } from './protocol.js';

/** Holds the segments from a position on. */
export interface JournalPin {
  /** Holds them from a later position on; those before it may go. */
  move(from: number): void;
  /** Lets go of them. */
  release(): void;
}

/** Somebody who waits until the journal thread knows of a pin. */
interface Asking {
  readonly resolve: (pin: JournalPin) => void;
  readonly reject: (reason: Error) => void;
}

export class JournalPins {
  readonly #post: (message: ToWriter) => void;
  readonly #asking = new Map<number, Asking>();
  #pins = 0;

  /** @param post Sends a message to the journal thread. */
  constructor(post: (message: ToWriter) => void) {
    this.#post = post;
  }

  /** Resolves when no segment goes any more that holds anything from a position on; before it, some may go yet. */
  pin(from: number): Promise<JournalPin> {
    const pin = ++this.#pins;
    return new Promise((resolve, reject) => {
      this.#asking.set(pin, { resolve, reject });
      this.#post({ type: 'pin', pin, from });
    });
  }

  /** To be called when the journal thread knows of a pin. */
  noted(pin: number): void {
    this.#asking.get(pin)?.resolve({
      move: (from) => this.#post({ type: 'pin', pin, from }),
      release: () => this.#post({ type: 'unpin', pin }),
    });
    this.#asking.delete(pin);
  }

  /** To be called when the journal thread will answer nothing any more. */
  fail(reason: Error): void {
    for (const { reject } of this.#asking.values()) reject(reason);
    this.#asking.clear();
  }
}
