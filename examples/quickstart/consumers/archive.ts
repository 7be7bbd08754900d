// Keeps every message for good, as one line of JSON in a file that is synced to disk before a message counts as
// done. The hub may hand it up to 64 messages at once; whatever arrives together shares one sync, so it keeps up
// with any spike here.
import { appendFileSync, closeSync, fdatasyncSync, openSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Consumer, type ConsumerContext, type Message } from '@penstock/hub';

interface Options {
  /** The file that lines are appended to. */
  readonly file: string;
}

export default class Archive extends Consumer<Options> {
  static override topics = ['org.example.>'];
  static override concurrency = 64;

  #fd = -1;
  #lines: string[] = [];
  #synced: Promise<void> | undefined;

  override open(context: ConsumerContext<Options>): void {
    this.#fd = openSync(context.options.file, 'a');
  }

  override consume(message: Message): Promise<void> {
    const { id, topic, time, headers } = message;
    this.#lines.push(JSON.stringify({ id, topic, time, headers, body: message.text() }));
    this.#synced ??= nextTurn().then(() => this.#sync());
    return this.#synced;
  }

  override close(): void {
    closeSync(this.#fd);
  }

  /** Synchronous on purpose: this thread is the archive's own, and asynchronous file calls share one small pool. */
  #sync(): void {
    const lines = this.#lines;
    this.#lines = [];
    this.#synced = undefined;
    appendFileSync(this.#fd, `${lines.join('\n')}\n`);
    fdatasyncSync(this.#fd);
  }
}
