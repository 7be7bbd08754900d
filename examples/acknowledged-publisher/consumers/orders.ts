// Keeps a list of the orders' ids, each once: a message that its publisher had to send again bears the same id, and
// is left out here.
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Consumer, type ConsumerContext, type Message } from '@penstock/hub';

interface Options {
  /** The file that gets a line for each order. */
  readonly file: string;
}

/** Ids remembered; a publisher sends again at most what it keeps unanswered, which is far less. */
const MOST_IDS = 100_000;

export default class Orders extends Consumer<Options> {
  static override topics = ['org.example.orders.>'];
  #file = -1;
  /** In the order in which they came, so that the oldest can go. */
  readonly #known = new Set<string>();

  override open({ options }: ConsumerContext<Options>): void {
    if (existsSync(options.file)) {
      const ids = readFileSync(options.file, 'utf8').trimEnd().split('\n');
      for (const id of ids.slice(-MOST_IDS)) this.#known.add(id);
    }
    this.#file = openSync(options.file, 'a');
  }

  override consume(message: Message): void {
    if (this.#known.has(message.id)) return;
    writeSync(this.#file, `${message.id}\n`);
    this.#known.add(message.id);
    const [oldest] = this.#known;
    if (this.#known.size > MOST_IDS && oldest !== undefined) this.#known.delete(oldest);
  }

  override close(): void {
    closeSync(this.#file);
  }
}
