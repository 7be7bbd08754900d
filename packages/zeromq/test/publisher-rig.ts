// A publisher as a consumer's thread runs it, without the thread: tests hand it messages and see what settles.
import type { ConsumerContext, Message } from '@penstock/hub';
import { type ZeromqPublisherOptions, zeromqPublisher } from '../src/index.js';
import ZeromqPublisher from '../src/publisher/publisher.js';
import { closers } from './source-rig.js';

type SocketOptions = Omit<ZeromqPublisherOptions, 'topics'>;

export class PublisherRig {
  readonly logged: string[] = [];
  /** Ids of deliveries that were settled, in that order, and of those that stay queued. */
  readonly settled: string[] = [];
  readonly returned: string[] = [];
  readonly #abort = new AbortController();
  readonly #publisher = new ZeromqPublisher();
  readonly #context: ConsumerContext;

  private constructor(options: SocketOptions) {
    const log = (text: string) => void this.logged.push(text);
    this.#context = {
      consumer: 'out',
      threadIndex: 0,
      options: zeromqPublisher({ ...options, topics: ['>'] }).options,
      log: { debug: log, info: log, warn: log, error: log },
      signal: this.#abort.signal,
    };
  }

  /** One that is closed when the current test has finished. */
  static async open(options: SocketOptions): Promise<PublisherRig> {
    const rig = new PublisherRig(options);
    closers.push(() => rig.close());
    await rig.#publisher.open(rig.#context);
    return rig;
  }

  send(id: string, { topic = 'test.topic', headers = {}, body = new Uint8Array() }: Partial<Message> = {}): void {
    const message = { id, topic, headers, body } as Message;
    this.#publisher.consume(message).then(
      () => this.settled.push(id),
      () => this.returned.push(id),
    );
  }

  drain(): Promise<void> {
    return this.#publisher.drain();
  }

  /** What the hub does when the drain time is over. */
  abort(): void {
    this.#abort.abort();
  }

  async close(): Promise<void> {
    await this.#publisher.drain();
    await this.#publisher.close();
  }
}

/** Resolves when it holds; a test that waits in vain runs into its time limit. */
export async function when(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
