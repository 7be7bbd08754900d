// A producer that loses nothing: it publishes in order, and what the hub has not answered it publishes again under the same
// id until it has. A message counts as accepted once its answer is noted in a file outside the hub.
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf, idOf, keyOf, type MessageName } from '../oracle/message.js';
import type { Notes } from '../oracle/notes.js';
import { LOAD_TOPIC } from './scratch-project.js';

/** A message as it is published. */
export interface LoadMessage {
  readonly id: string;
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A way to the hub that tells what was accepted. */
export interface Way {
  /**
   * Publishes messages in order.
   *
   * @returns How many of the first ones were accepted, when there is no more to say about the others.
   * @throws What no retry helps with.
   */
  publish(messages: readonly LoadMessage[]): Promise<number>;
  close(): Promise<void>;
}

export interface ProducerOptions {
  /** Letters, digits and "_"; no other producer's. */
  readonly name: string;
  readonly way: Way;
  readonly notes: Notes;
  /** Messages a second, at most. */
  readonly perSecond: number;
  /** Messages in one request. */
  readonly together: number;
}

/** How soon what was not accepted is published again. */
const AGAIN_MS = 20;

export class Producer {
  readonly #options: ProducerOptions;
  #next = 0;
  #accepted = 0;
  #acceptedBytes = 0;
  #going: Promise<void> | undefined;
  #toPause = false;
  #toGiveUp = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
  }

  /** Messages accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Bytes of their bodies. */
  get acceptedBytes(): number {
    return this.#acceptedBytes;
  }

  /** Begins to publish, or goes on. */
  start(): void {
    this.#toPause = false;
    this.#going ??= this.#go();
    // What goes wrong shows when it is paused.
    this.#going.catch(() => {});
  }

  /**
   * Resolves when nothing is on its way any more, which takes a hub that runs.
   *
   * @throws What ended the publishing before.
   */
  async pause(): Promise<void> {
    this.#toPause = true;
    await this.#going;
    this.#going = undefined;
  }

  /** Ends it, whether or not there is a hub: what has no answer by now is given up, and counts as not accepted. */
  async stop(): Promise<void> {
    this.#toGiveUp = true;
    await this.pause().finally(() => this.#options.way.close());
  }

  async #go(): Promise<void> {
    const { perSecond, together } = this.#options;
    const stepMs = (together / perSecond) * 1_000;
    let dueMs = performance.now();
    while (!this.#toPause) {
      await this.#publish(this.#make(together));
      // What the hub's absence has cost is not caught up with.
      dueMs = Math.max(dueMs + stepMs, performance.now() - stepMs);
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
    }
  }

  #make(count: number): MessageName[] {
    const { name } = this.#options;
    return Array.from({ length: count }, () => ({ producer: name, sequence: this.#next++ }));
  }

  async #publish(names: readonly MessageName[]): Promise<void> {
    const { way, notes } = this.#options;
    for (let left = names; left.length > 0 && !this.#toGiveUp; ) {
      const messages = left.map(loadMessage);
      const accepted = await way.publish(messages);
      if (accepted > 0) notes.accepted(left.slice(0, accepted));
      for (const { body } of messages.slice(0, accepted)) this.#acceptedBytes += body.length;
      left = left.slice(accepted);
      this.#accepted += accepted;
      if (left.length > 0) await sleep(AGAIN_MS);
    }
  }
}

const loadMessage = (name: MessageName): LoadMessage => {
  const id = idOf(name);
  return { id, topic: LOAD_TOPIC, headers: { id, key: keyOf(name) }, body: bodyOf(name) };
};
